import fc from 'fast-check';
import { fixedWindows, MAX_TIMESTAMP } from 'millrace';
import { expect, test } from 'vitest';
import { StatefulHost } from './stateful-host.js';
import { Model } from './stateful-model.js';
import { type Declared, declared, Interpreter, LOOPS, type Op, SIZE } from './stateful-script.js';

type Command =
  | { readonly kind: 'element'; readonly key: string; readonly at: number; readonly ops: readonly Op[] }
  | { readonly kind: 'watermark'; readonly by: number }
  | { readonly kind: 'clock'; readonly by: number }
  | { readonly kind: 'restore'; readonly owners: number };

const tag = fc.constantFrom('', 'x', 'y', LOOPS);

const n = fc.nat(20);

const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constantFrom('write' as const, 'add' as const, 'drop' as const), n }),
  fc.record({ op: fc.constantFrom('clear' as const, 'brief' as const) }),
  fc.record({
    op: fc.constant('at' as const),
    tag,
    ahead: fc.integer({ min: -5, max: 25 }),
    back: fc.option(fc.nat(9), { nil: undefined }),
  }),
  fc.record({ op: fc.constant('later' as const), tag, delay: fc.nat(60) }),
  fc.record({ op: fc.constant('unset' as const), family: fc.constantFrom('at' as const, 'later' as const), tag }),
);

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('element' as const),
      key: fc.constantFrom('a', 'b', 'c'),
      at: fc.integer({ min: -20, max: 79 }),
      ops: fc.array(op, { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('watermark' as const), by: fc.nat(15) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('clock' as const), by: fc.nat(50) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restore' as const), owners: fc.integer({ min: 1, max: 3 }) }),
  },
);

test.each([
  { lateness: 0, expires: true },
  { lateness: 7, expires: false },
])('does what a plain search over lists does: %o', async ({ lateness, expires }) => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
      const make = (): Interpreter => {
        const made = new Interpreter();
        if (!expires) Object.assign(made, { onWindowExpiration: undefined });
        return made;
      };
      const host = new StatefulHost(
        (input) => input.parDo<string, Declared>('Interpret', make, declared),
        (input) => input.windowInto(fixedWindows(SIZE), { allowedLateness: lateness }),
      );
      const model = new Model(lateness, expires);
      let watermark = -25;
      const both = (at: number): void => {
        host.watermark(at);
        model.advanceTo(at);
      };
      both(watermark);
      const check = (): void => {
        const found = host.take().map(({ value, timestamp }) => `${value} @${timestamp}`);
        expect(found.sort()).toEqual(model.out.splice(0).sort());
        expect(host.dropped()).toBe(model.dropped);
        expect(host.outputWatermark).toBe(model.outputWatermark);
      };
      for (const each of commands) {
        switch (each.kind) {
          case 'element':
            host.process(each.key, each.ops, each.at);
            model.element(each.key, each.at, each.ops);
            break;
          case 'watermark':
            watermark += each.by;
            both(watermark);
            break;
          case 'clock':
            host.advance(each.by);
            model.advance(each.by);
            break;
          case 'restore':
            await host.restore(each.owners);
            both(watermark);
        }
        check();
      }
      both(MAX_TIMESTAMP);
      check();
    }),
    { numRuns: 150 },
  );
});
