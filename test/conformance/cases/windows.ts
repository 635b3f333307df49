import {
  type DoFn,
  fixedWindows,
  IntervalWindow,
  type OffsetRange,
  type OffsetRangeTracker,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  type SourceReader,
  type SplittableDoFn,
  sessionWindows,
  slidingWindows,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { ScriptTracker } from '../script.js';

/** Words at the given instants. */
function stamped(p: Pipeline, words: Readonly<Record<string, number>>): PCollection<string> {
  return p.create('Words', Object.keys(words), { timestamps: Object.values(words) });
}

/** Says where an element stands: `value@timestamp[start,end)`. */
class Where implements DoFn<unknown, string> {
  process(element: unknown, context: ProcessContext<string>): void {
    const { start, end } = context.window;
    context.output(`${String(element)}@${context.timestamp}[${start},${end})`);
  }
}

const where = (words: PCollection<unknown>): PCollection<string> => words.parDo('Where', () => new Where());

export const timestampsOfCreate = conformanceCase((p) => {
  const at = stamped(p, { a: 5, b: -7 }).windowInto(fixedWindows(1_000_000));
  PAssert.that(where(at)).containsInAnyOrder(['a@5[0,1000000)', 'b@-7[-1000000,0)']);
});

export const withTimestamps = conformanceCase((p) => {
  const at = p
    .create('Numbers', [1, 25])
    .withTimestamps((n) => n * 10)
    .windowInto(fixedWindows(100));
  PAssert.that(where(at)).containsInAnyOrder(['1@10[0,100)', '25@250[200,300)']);
});

export const fixed = conformanceCase((p) => {
  const counted = stamped(p, { a: 1, b: 9, c: 10, d: -1 })
    .windowInto(fixedWindows(10))
    .map(() => 'x')
    .countPerElement();
  PAssert.that(where(counted.map(({ value }) => value))).containsInAnyOrder([
    '2@9[0,10)',
    '1@19[10,20)',
    '1@-1[-10,0)',
  ]);
});

export const fixedWithOffset = conformanceCase((p) => {
  const words = stamped(p, { a: 1, b: 3, c: 12 }).windowInto(fixedWindows(10, { offsetMs: 2 }));
  PAssert.that(where(words)).containsInAnyOrder(['a@1[-8,2)', 'b@3[2,12)', 'c@12[12,22)']);
});

export const sliding = conformanceCase((p) => {
  const words = stamped(p, { a: 7, b: 12 }).windowInto(slidingWindows(10, 5));
  PAssert.that(where(words)).containsInAnyOrder(['a@7[0,10)', 'a@7[5,15)', 'b@12[5,15)', 'b@12[10,20)']);
});

export const slidingCounts = conformanceCase((p) => {
  const counted = stamped(p, { a: 7, b: 12, c: 14 })
    .windowInto(slidingWindows(10, 5))
    .map(() => 'x')
    .countPerElement();
  PAssert.that(where(counted.map(({ value }) => value))).containsInAnyOrder(['1@9[0,10)', '3@14[5,15)', '2@19[10,20)']);
});

export const sessions = conformanceCase((p) => {
  const words = stamped(p, { a: 0, b: 5, c: 20, d: 29, e: 40 }).windowInto(sessionWindows(10));
  const grouped = words
    .keyBy(() => 'k')
    .groupByKey()
    .map(({ value }) => [...value].sort().join(''));
  PAssert.that(where(grouped)).containsInAnyOrder(['ab@14[0,15)', 'cd@38[20,39)', 'e@49[40,50)']);
});

export const sessionsThatTouchStayApart = conformanceCase((p) => {
  const words = stamped(p, { a: 0, b: 10 }).windowInto(sessionWindows(10));
  const grouped = words
    .keyBy(() => 'k')
    .groupByKey()
    .map(({ value }) => [...value].sort().join(''));
  PAssert.that(where(grouped)).containsInAnyOrder(['a@9[0,10)', 'b@19[10,20)']);
});

export const sessionsBridged = conformanceCase((p) => {
  const words = stamped(p, { a: 0, b: 16, c: 8 }).windowInto(sessionWindows(10));
  const grouped = words
    .keyBy(() => 'k')
    .groupByKey()
    .map(({ value }) => [...value].sort().join(''));
  PAssert.that(where(grouped)).containsInAnyOrder(['abc@25[0,26)']);
});

export const sessionsPerKey = conformanceCase((p) => {
  const words = stamped(p, { a1: 0, b1: 4, a2: 6, b2: 30 }).windowInto(sessionWindows(10));
  const grouped = words
    .keyBy((word) => word[0])
    .groupByKey()
    .map(({ value }) => [...value].sort().join('+'));
  PAssert.that(where(grouped)).containsInAnyOrder(['a1+a2@15[0,16)', 'b1@13[4,14)', 'b2@39[30,40)']);
});

export const groupAfterSessions = conformanceCase((p) => {
  const words = stamped(p, { a: 0, b: 5, c: 40 }).windowInto(sessionWindows(10));
  const counts = words
    .keyBy(() => 'k')
    .countPerKey()
    .map(({ value }) => value);
  // The windows have merged already: equal ones meet, others do not.
  const again = counts
    .keyBy(() => 'again')
    .groupByKey()
    .map(({ value }) => [...value].join(''));
  PAssert.that(where(again)).containsInAnyOrder(['2@14[0,15)', '1@49[40,50)']);
});

export const windowsStayThroughMaps = conformanceCase((p) => {
  const words = stamped(p, { a: 1, b: 12 })
    .windowInto(fixedWindows(10))
    .map((word) => word.toUpperCase())
    .filter((word) => word !== 'X');
  PAssert.that(where(words)).containsInAnyOrder(['A@1[0,10)', 'B@12[10,20)']);
});

export const rewindow = conformanceCase((p) => {
  const counted = stamped(p, { a: 1, b: 12, c: 13 })
    .windowInto('Small', fixedWindows(10))
    .map(() => 'x')
    .countPerElement();
  const big = counted
    .map(({ value }) => value)
    .windowInto('Big', fixedWindows(100))
    .keyBy(() => 0)
    .groupByKey();
  PAssert.that(where(big.map(({ value }) => [...value].sort().join(',')))).containsInAnyOrder(['1,2@99[0,100)']);
});

export const assertInWindow = conformanceCase((p) => {
  const words = stamped(p, { a: 1, b: 2, c: 12 }).windowInto(fixedWindows(10));
  PAssert.that(words).inWindow(new IntervalWindow(0, 10)).containsInAnyOrder(['a', 'b']);
  PAssert.that(words).inWindow(new IntervalWindow(10, 20)).containsInAnyOrder(['c']);
});

/** Emits numbers as timestamps, one to a poll; a negative number is the watermark that it is the negative of. */
class Script implements SplittableDoFn<readonly number[], number, OffsetRange, number> {
  readonly isBounded = true;
  readonly restrictionCoder = valueCoder<OffsetRange>();
  initialRestriction(script: readonly number[]): OffsetRange {
    return { from: 0, to: script.length };
  }
  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new ScriptTracker(range);
  }
  open(script: readonly number[], tracker: OffsetRangeTracker): SourceReader<number> {
    let position = 0;
    let watermark = 0;
    return {
      poll(out) {
        if (!tracker.tryClaim(position)) return 'done';
        const entry = script[position++]!;
        if (entry < 0) watermark = -entry;
        else out.emit(entry, entry);
        return 'more';
      },
      watermark: () => watermark,
      close() {},
    };
  }
}

const counts = (p: Pipeline, script: readonly number[], lateness: number): PCollection<string> =>
  where(
    p
      .read('Script', () => new Script(), script)
      .windowInto(fixedWindows(10), { allowedLateness: lateness })
      .keyBy(() => 'k')
      .countPerKey('Count')
      .map(({ value }) => value),
  );

export const lateDataIsDroppedAndCounted = conformanceCase(
  (p) => {
    PAssert.that(counts(p, [1, 2, -10, 3, 4, 12, -30, 5], 0)).containsInAnyOrder(['2@9[0,10)', '1@19[10,20)']);
  },
  { counters: { 'Count#millrace:dropped_late': 3 } },
);

export const lateDataWithinTheAllowedLateness = conformanceCase(
  (p) => {
    PAssert.that(counts(p, [1, 2, -10, 3, -15, 4, 12, -25, 5], 10)).containsInAnyOrder([
      '2@9[0,10)',
      '1@9[0,10)',
      '1@9[0,10)',
      '1@19[10,20)',
    ]);
  },
  { counters: { 'Count#millrace:dropped_late': 1 } },
);
