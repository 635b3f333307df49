import fc from 'fast-check';
import { MIN_TIMESTAMP } from 'millrace';
import { expect, it } from 'vitest';
import { readSnapshots, takeSnapshot } from '#millrace/runners/kernel/index.js';
import { GateParts, windowOf } from './side-input-parts.js';

const LATENESS = 5;
const HORIZON = 120;

type SideEvent =
  | { readonly kind: 'pane'; readonly instant: number; readonly contents: number }
  | { readonly kind: 'sideTo'; readonly watermark: number };
type MainEvent =
  | { readonly kind: 'elements'; readonly instants: readonly number[] }
  | { readonly kind: 'mainTo'; readonly watermark: number };

interface Step {
  readonly side: readonly SideEvent[];
  readonly main: readonly MainEvent[];
  /** The task goes on from a snapshot after this step. */
  readonly restore: boolean;
}

const instant = fc.integer({ min: 0, max: HORIZON - 1 });
const sideEvent: fc.Arbitrary<SideEvent> = fc.oneof(
  fc.tuple(instant, fc.nat(99)).map(([at, contents]) => ({ kind: 'pane', instant: at, contents }) as const),
  instant.map((watermark) => ({ kind: 'sideTo', watermark }) as const),
);
const mainEvent: fc.Arbitrary<MainEvent> = fc.oneof(
  fc.array(instant, { maxLength: 5 }).map((instants) => ({ kind: 'elements', instants }) as const),
  instant.map((watermark) => ({ kind: 'mainTo', watermark }) as const),
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc
    .tuple(fc.array(sideEvent, { maxLength: 3 }), fc.array(mainEvent, { maxLength: 3 }), fc.boolean())
    .map(([side, main, restore]) => ({ side, main, restore })),
  { maxLength: 12 },
);

interface Pending {
  readonly id: number;
  readonly instant: number;
}

/** Goes through everything again after every event: slow, and as the rules are said. */
class Model {
  pending: Pending[] = [];
  readonly contents = new Map<number, number>();
  sideWatermark = MIN_TIMESTAMP;
  mainWatermark = MIN_TIMESTAMP;
  announced = MIN_TIMESTAMP;
  dropped = 0;
  out: string[] = [];

  constructor(
    readonly mainSize: number,
    readonly sideSize: number,
  ) {}

  side(event: SideEvent): void {
    if (event.kind === 'pane') this.contents.set(windowOf(event.instant, this.sideSize).start, event.contents);
    else this.sideWatermark = Math.max(this.sideWatermark, event.watermark);
  }

  arrive(each: Pending): void {
    const expired = windowOf(each.instant, this.mainSize).maxTimestamp + LATENESS < this.announced;
    if (expired) this.dropped++;
    else this.pending.push(each);
  }

  settle(): void {
    const waiting: Pending[] = [];
    for (const each of this.pending) {
      const window = windowOf(each.instant, this.mainSize);
      const side = windowOf(window.maxTimestamp, this.sideSize);
      const contents = this.contents.get(side.start);
      if (contents === undefined && side.maxTimestamp >= this.sideWatermark) waiting.push(each);
      else this.out.push(`${each.id}[${window.start},${window.end}) ${contents ?? ''}`.trimEnd());
    }
    this.pending = waiting;
    const least = Math.min(this.mainWatermark, ...waiting.map((each) => each.instant));
    this.announced = Math.max(this.announced, least);
  }
}

it.each([
  [10, 10],
  [10, 40],
  [40, 10],
])('a gate with windows of %i beside windows of %i does as the model says', (mainSize, sideSize) => {
  fc.assert(
    fc.property(steps, (all) => {
      const options = { sides: { side: sideSize }, allowedLatenessMs: LATENESS };
      let parts = new GateParts(options);
      const model = new Model(mainSize, sideSize);
      let ids = 0;
      let panes = 0;
      for (const { side, main, restore } of all) {
        model.out = [];
        for (const event of side) {
          model.side(event);
          if (event.kind === 'sideTo') parts.sideWatermark('side', model.sideWatermark);
          else parts.pane('side', windowOf(event.instant, sideSize), [event.contents], panes++);
        }
        model.settle();
        for (const event of main) {
          if (event.kind === 'mainTo') {
            model.mainWatermark = Math.max(model.mainWatermark, event.watermark);
            parts.mainWatermark(model.mainWatermark);
          } else {
            const elements = event.instants.map((at) => ({ id: ids++, instant: at }));
            for (const each of elements) model.arrive(each);
            parts.give(
              ...elements.map(({ id, instant: at }) => ({
                value: id,
                timestamp: at,
                windows: windowOf(at, mainSize),
              })),
            );
          }
          model.settle();
        }
        const lines = parts.out();
        const passed = lines.filter((line) => !line.startsWith('@'));
        expect([...passed].sort()).toEqual([...model.out].sort());
        // Those of a window in their order.
        const inWindow = (from: readonly string[], window: string) => from.filter((line) => line.includes(window));
        for (const line of passed) {
          const window = line.slice(line.indexOf('['), line.indexOf(')'));
          expect(inWindow(passed, window)).toEqual(inWindow(model.out, window));
        }
        expect(parts.gate.watermark).toBe(model.announced);
        expect(parts.dropped).toBe(model.dropped);
        if (!restore) continue;
        const after = new GateParts(options);
        after.gate.restore(readSnapshots([takeSnapshot(parts.gate)]));
        after.dropped = parts.dropped;
        // The main input says again how far it is; how far the side input was, is written down.
        if (model.mainWatermark > MIN_TIMESTAMP) after.mainWatermark(model.mainWatermark);
        parts = after;
        // Nothing more comes out, and time is told once more to those that follow.
        expect(parts.out()).toEqual(model.announced === MIN_TIMESTAMP ? [] : [`@${model.announced}`]);
      }
    }),
    { seed: 20_260_701, numRuns: 300 },
  );
});
