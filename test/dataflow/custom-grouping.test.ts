import fc from 'fast-check';
import {
  type BoundedWindow,
  buildPlan,
  customWindows,
  type DoFn,
  definePipeline,
  IntervalWindow,
  type KV,
  type ProcessContext,
  SYSTEM_COUNTER,
  slidingWindows,
  toList,
  type WindowFn,
  type WindowFnDescriptor,
} from 'millrace';
import { createDirectRunner } from 'millrace/runners';
import { testStream, timestamped } from 'millrace/testing';
import { expect, it } from 'vitest';

interface Element {
  readonly key: string;
  readonly at: number;
  /** Which of the windows that begin or end about its time it chooses. */
  readonly choice: number;
}

type Event = Element | { readonly watermark: number };

/** Windows that share their starts and differ in their ends, or the other way round, or in nothing but their id. */
function windowsAround(at: number): readonly BoundedWindow[] {
  const start = Math.floor(at / 10) * 10;
  const named = (id: string): BoundedWindow => ({ id, start, end: start + 10, maxTimestamp: start + 9 });
  return [
    new IntervalWindow(start, start + 10),
    new IntervalWindow(start, start + 25),
    new IntervalWindow(start - 15, start + 10),
    named('a'),
    named('b'),
  ];
}

const chosen = ({ at, choice }: Element): BoundedWindow[] => windowsAround(at).filter((_, i) => (choice >> i) & 1);

class Choosing implements WindowFn<Element> {
  readonly ownWindows = true;
  assign(element: Element): readonly BoundedWindow[] {
    return chosen(element);
  }
}

/** Those of a size that begin a period apart, tried one by one. */
const sliding =
  (size: number, period: number, offset: number) =>
  ({ at }: Element): BoundedWindow[] => {
    const windows: BoundedWindow[] = [];
    for (let n = Math.floor((at - size - offset) / period) - 1; n * period + offset <= at; n++) {
      const start = n * period + offset;
      if (at < start + size) windows.push(new IntervalWindow(start, start + size));
    }
    return windows;
  };

const line = (key: string, { start, end, id = '' }: BoundedWindow, values: Iterable<number>): string =>
  `${key} [${start},${end})${id}: ${[...values].sort((a, b) => a - b).join()}`;

/** All elements, looked through for every window that has ended. */
function model(events: readonly Event[], windowsOf: (element: Element) => readonly BoundedWindow[]) {
  const lines: string[] = [];
  let kept: { readonly key: string; readonly window: BoundedWindow; readonly value: number }[] = [];
  let watermark = Number.NEGATIVE_INFINITY;
  let dropped = 0;
  const fire = (): void => {
    const name = (each: (typeof kept)[number]): string => line(each.key, each.window, []);
    const due = kept.filter(({ window }) => window.maxTimestamp < watermark);
    kept = kept.filter((each) => !due.includes(each));
    for (const first of due.filter((each, i) => due.findIndex((other) => name(other) === name(each)) === i))
      lines.push(
        line(
          first.key,
          first.window,
          due.flatMap((each) => (name(each) === name(first) ? each.value : [])),
        ),
      );
  };
  events.forEach((event, value) => {
    if ('watermark' in event) {
      watermark = Math.max(watermark, event.watermark);
      fire();
      return;
    }
    for (const window of windowsOf(event)) {
      if (window.maxTimestamp < watermark) dropped++;
      else kept.push({ key: event.key, window, value });
    }
  });
  watermark = Number.POSITIVE_INFINITY;
  fire();
  return { lines: lines.sort(), dropped };
}

async function run(events: readonly Event[], windowFn: WindowFnDescriptor, parallelism: number) {
  const lines: string[] = [];
  class Collect implements DoFn<KV<string, Iterable<number>>, never> {
    process({ key, value }: KV<string, Iterable<number>>, { window }: ProcessContext<never>): void {
      lines.push(line(key, window, value));
    }
  }
  let script = testStream<Element & { value: number }>();
  let watermark = Number.NEGATIVE_INFINITY;
  events.forEach((event, value) => {
    if (!('watermark' in event)) script = script.addElements(timestamped({ ...event, value }, event.at));
    else if (event.watermark > watermark) {
      watermark = event.watermark;
      script = script.advanceWatermark(watermark);
    }
  });
  const definition = definePipeline({
    name: 'custom grouping',
    build: (p) =>
      void p
        .apply('elements', script.advanceWatermarkToInfinity())
        .windowInto('windows', windowFn)
        .map('pair', ({ key, value }) => ({ key, value }))
        // Folded before the exchange where there is one.
        .combinePerKey('list', toList())
        .parDo('collect', () => new Collect()),
  });
  const { plan, resolver } = buildPlan(definition, { inline: true });
  const result = await (await createDirectRunner({ parallelism }).run({ plan, resolver })).wait();
  expect(result.error).toBeUndefined();
  const dropped = result.metrics.find(({ name }) => name === SYSTEM_COUNTER.droppedLate)?.value ?? 0;
  return { lines: lines.sort(), dropped };
}

const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        key: fc.constantFrom('k', 'l'),
        at: fc.integer({ min: -60, max: 60 }),
        choice: fc.integer({ min: 0, max: 31 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ watermark: fc.integer({ min: -60, max: 70 }) }) },
  ),
  { maxLength: 40 },
);

it.each([1, 3])('windows of your own that share bounds are kept apart, in %i tasks', async (parallelism) => {
  await fc.assert(
    fc.asyncProperty(events, async (given) => {
      expect(
        await run(
          given,
          customWindows(() => new Choosing()),
          parallelism,
        ),
      ).toEqual(model(given, chosen));
    }),
    { seed: 20_261_125, numRuns: 60 },
  );
});

const odd = fc
  .record({ size: fc.integer({ min: 1, max: 40 }), period: fc.integer({ min: 1, max: 40 }), offset: fc.nat(39) })
  .map(({ size, period, offset }) => ({
    size,
    period: Math.min(size, period),
    offset: offset % Math.min(size, period),
  }));

it.each([1, 3])(
  'sliding windows of any size, period and offset hold what is in them, in %i tasks',
  async (parallelism) => {
    await fc.assert(
      fc.asyncProperty(events, odd, async (given, { size, period, offset }) => {
        const windowFn = slidingWindows(size, period, { offsetMs: offset });
        expect(await run(given, windowFn, parallelism)).toEqual(model(given, sliding(size, period, offset)));
      }),
      { seed: 20_261_125, numRuns: 60 },
    );
  },
);
