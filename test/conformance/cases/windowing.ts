import {
  asIterable,
  type BoundedWindow,
  calendarDays,
  calendarMonths,
  calendarWeeks,
  calendarYears,
  customWindows,
  type DoFn,
  fixedWindows,
  flatten,
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  globalWindow,
  IntervalWindow,
  type MergedWindows,
  MIN_TIMESTAMP,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  type SideInput,
  sessionWindows,
  slidingWindows,
  sum,
  type WindowFn,
  type WindowFnDescriptor,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** A word and its instant. */
type Stamped = readonly [word: string, timestamp: number];

function stamped(p: Pipeline, ...words: Stamped[]): PCollection<string> {
  return p.create(
    'Words',
    words.map(([word]) => word),
    { timestamps: words.map(([, timestamp]) => timestamp) },
  );
}

/** Says where an element stands: `value@timestamp[start,end)`, and the id of a window that has one. */
class Where implements DoFn<unknown, string> {
  process(element: unknown, context: ProcessContext<string>): void {
    const { start, end, id } = context.window;
    context.output(`${String(element)}@${context.timestamp}[${start},${end})${id === undefined ? '' : `#${id}`}`);
  }
}

const where = (words: PCollection<unknown>): PCollection<string> => words.parDo('Where', () => new Where());

/** The words of each window, and where they stand. */
function grouped(words: PCollection<string>, key: (word: string) => unknown = () => 'k'): PCollection<string> {
  return where(
    words
      .keyBy('Key', key)
      .groupByKey('Group')
      .map('Sorted', ({ value }) => [...value].sort().join('+')),
  );
}

/** Two words one after the other, at one and at the next instant. */
function inWindows(windowFn: WindowFnDescriptor, words: readonly Stamped[], expected: readonly string[]) {
  return conformanceCase((p) => {
    PAssert.that(where(stamped(p, ...words).windowInto(windowFn))).containsInAnyOrder(expected);
  });
}

// Fixed, sliding and global windows.

export const fixedBeforeTheEpoch = inWindows(
  fixedWindows(10),
  [
    ['a', -1],
    ['b', -10],
    ['c', -11],
    ['d', 0],
  ],
  ['a@-1[-10,0)', 'b@-10[-10,0)', 'c@-11[-20,-10)', 'd@0[0,10)'],
);
export const fixedWithAnOffsetBeforeTheEpoch = inWindows(
  fixedWindows(10, { offsetMs: 3 }),
  [
    ['a', -8],
    ['b', -7],
    ['c', 2],
  ],
  ['a@-8[-17,-7)', 'b@-7[-7,3)', 'c@2[-7,3)'],
);
export const fixedOfOneMillisecond = inWindows(
  fixedWindows(1),
  [
    ['a', -1],
    ['b', 0],
  ],
  ['a@-1[-1,0)', 'b@0[0,1)'],
);
const CENTURY = 3_155_760_000_000;
export const fixedOfACentury = inWindows(
  fixedWindows(CENTURY),
  [
    ['a', -1],
    ['b', CENTURY],
  ],
  [`a@-1[-${CENTURY},0)`, `b@${CENTURY}[${CENTURY},${2 * CENTURY})`],
);
export const slidingBeforeTheEpoch = inWindows(
  slidingWindows(10, 5),
  [
    ['a', -1],
    ['b', -6],
  ],
  ['a@-1[-5,5)', 'a@-1[-10,0)', 'b@-6[-10,0)', 'b@-6[-15,-5)'],
);
export const slidingWithAnOffset = inWindows(
  slidingWindows(10, 5, { offsetMs: 2 }),
  [
    ['a', 6],
    ['b', 7],
  ],
  ['a@6[2,12)', 'a@6[-3,7)', 'b@7[7,17)', 'b@7[2,12)'],
);
export const slidingWhosePeriodDoesNotDivideTheSize = inWindows(
  slidingWindows(10, 4),
  [
    ['a', 1],
    ['b', 2],
  ],
  ['a@1[0,10)', 'a@1[-4,6)', 'a@1[-8,2)', 'b@2[0,10)', 'b@2[-4,6)'],
);
export const slidingAsFixed = inWindows(
  slidingWindows(10, 10),
  [
    ['a', 9],
    ['b', 10],
  ],
  ['a@9[0,10)', 'b@10[10,20)'],
);

export const slidingGroups = conformanceCase((p) => {
  const words = stamped(p, ['a', 1], ['b', 6], ['c', 11]).windowInto(slidingWindows(10, 5));
  PAssert.that(grouped(words)).containsInAnyOrder(['a@4[-5,5)', 'a+b@9[0,10)', 'b+c@14[5,15)', 'c@19[10,20)']);
});

export const combinedBeforeTheEpoch = conformanceCase((p) => {
  const sums = stamped(p, ['1', -5], ['2', -1], ['4', 0])
    .windowInto(fixedWindows(5))
    .map('Number', (word) => ({ key: 'k', value: Number(word) }))
    .combinePerKey(sum());
  PAssert.that(where(sums.map(({ value }) => value))).containsInAnyOrder(['3@-1[-5,0)', '4@4[0,5)']);
});

export const backIntoTheGlobalWindow = conformanceCase((p) => {
  const counted = stamped(p, ['a', 1], ['b', 12])
    .windowInto('Small', fixedWindows(10))
    .map(() => 'x')
    .countPerElement();
  const all = counted
    .map(({ value }) => String(value))
    .windowInto('Global', globalWindow())
    .keyBy(() => 'k')
    .groupByKey();
  PAssert.that(all.map(({ value }) => [...value].join())).containsInAnyOrder(['1,1']);
});

// Sessions.

export const sessionsThatIntersect = conformanceCase((p) => {
  const words = stamped(p, ['a', 0], ['b', 9]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a+b@18[0,19)']);
});

export const sessionsBeforeTheEpoch = conformanceCase((p) => {
  const words = stamped(p, ['a', -12], ['b', -5], ['c', 6]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a+b@4[-12,5)', 'c@15[6,16)']);
});

export const sessionsBridgedLast = conformanceCase((p) => {
  const words = stamped(p, ['a', 0], ['b', 30], ['c', 15], ['d', 8], ['e', 22]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a+b+c+d+e@39[0,40)']);
});

export const sessionsOfOneInstant = conformanceCase((p) => {
  const words = stamped(p, ['a', 5], ['b', 5], ['c', 5]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a+b+c@14[5,15)']);
});

export const sessionsCombined = conformanceCase((p) => {
  const sums = stamped(p, ['1', 0], ['2', 9], ['4', 30])
    .windowInto(sessionWindows(10))
    .map('Number', (word) => ({ key: 'k', value: Number(word) }))
    .combinePerKey(sum());
  PAssert.that(where(sums.map(({ value }) => value))).containsInAnyOrder(['3@18[0,19)', '4@39[30,40)']);
});

export const sessionsIntoFixedWindows = conformanceCase((p) => {
  const counted = stamped(p, ['a', 0], ['b', 9], ['c', 30])
    .windowInto('Sessions', sessionWindows(10))
    .map(() => 'x')
    .countPerElement('Count')
    .map('Counts', ({ value }) => String(value))
    .windowInto('Fixed', fixedWindows(100));
  PAssert.that(grouped(counted)).containsInAnyOrder(['1+2@99[0,100)']);
});

// Windows through other steps.

export const windowsThroughFlatten = conformanceCase((p) => {
  const tens = fixedWindows(10);
  const first = p.create('First', ['a', 'b'], { timestamps: [1, 11] }).windowInto('A', tens);
  const second = p.create('Second', ['c', 'd'], { timestamps: [2, 21] }).windowInto('B', tens);
  PAssert.that(grouped(flatten([first, second]))).containsInAnyOrder(['a+c@9[0,10)', 'b@19[10,20)', 'd@29[20,30)']);
});

export const windowsThroughReshuffle = conformanceCase(
  (p) => {
    const words = stamped(p, ['a', 1], ['b', 12], ['c', 3]).windowInto(fixedWindows(10)).reshuffle();
    PAssert.that(where(words)).containsInAnyOrder(['a@1[0,10)', 'b@12[10,20)', 'c@3[0,10)']);
  },
  { requires: ['reshuffle'] },
);

export const slidingThroughReshuffle = conformanceCase(
  (p) => {
    const words = stamped(p, ['a', 1], ['b', 6]).windowInto(slidingWindows(10, 5)).reshuffle();
    PAssert.that(grouped(words)).containsInAnyOrder(['a@4[-5,5)', 'a+b@9[0,10)', 'b@14[5,15)']);
  },
  { requires: ['reshuffle'] },
);

export const anElementInSeveralWindowsIsSeveral = conformanceCase((p) => {
  const words = stamped(p, ['a', 7])
    .windowInto('Sliding', slidingWindows(10, 5))
    .windowInto('Fixed', fixedWindows(100));
  PAssert.that(where(words)).containsInAnyOrder(['a@7[0,100)', 'a@7[0,100)']);
});

export const windowsByANewTimestamp = conformanceCase((p) => {
  const words = stamped(p, ['a', 1], ['b', 2])
    .windowInto('First', fixedWindows(10))
    .withTimestamps((word) => (word === 'a' ? 15 : 2))
    .windowInto('Second', fixedWindows(10));
  PAssert.that(where(words)).containsInAnyOrder(['a@15[10,20)', 'b@2[0,10)']);
});

// Windows by a function of the author's.

/** Into a window as long as the word says. */
class BySpan implements WindowFn<string> {
  readonly assignsToOneWindow = true;
  assign(word: string, timestamp: number): BoundedWindow {
    const span = Number(word.slice(1));
    const start = Math.floor(timestamp / span) * span;
    return new IntervalWindow(start, start + span);
  }
}
const bySpan = customWindows(() => new BySpan());

export const customByTheElement = conformanceCase(
  (p) => {
    const words = stamped(p, ['a10', 12], ['b5', 12], ['c10', 19], ['d5', -1]).windowInto(bySpan);
    PAssert.that(grouped(words)).containsInAnyOrder(['a10+c10@19[10,20)', 'b5@14[10,15)', 'd5@-1[-5,0)']);
  },
  { requires: ['customWindows'] },
);

export const customCombined = conformanceCase(
  (p) => {
    const counted = stamped(p, ['a10', 12], ['b5', 12], ['c10', 19])
      .windowInto(bySpan)
      .map('One', () => 'x')
      .countPerElement('Count');
    PAssert.that(where(counted.map(({ value }) => value))).containsInAnyOrder(['2@19[10,20)', '1@14[10,15)']);
  },
  { requires: ['customWindows'] },
);

/** Into its window so far and the one after it; words in capitals into none. */
class AndTheNext implements WindowFn<string> {
  assign(word: string, _timestamp: number, window: BoundedWindow): readonly BoundedWindow[] {
    const { start, end } = window;
    return word === word.toUpperCase() ? [] : [window, new IntervalWindow(end, end + (end - start))];
  }
}

export const customByTheWindowSoFar = conformanceCase(
  (p) => {
    const words = stamped(p, ['a', 1], ['b', 12], ['C', 13])
      .windowInto('Fixed', fixedWindows(10))
      .windowInto(
        'Custom',
        customWindows(() => new AndTheNext()),
      );
    PAssert.that(grouped(words)).containsInAnyOrder(['a@9[0,10)', 'a+b@19[10,20)', 'b@29[20,30)']);
  },
  { requires: ['customWindows'] },
);

export const customOfEachWindowSoFar = conformanceCase(
  (p) => {
    const words = stamped(p, ['a', 1])
      .windowInto('Sliding', slidingWindows(10, 5))
      .windowInto(
        'Custom',
        customWindows(() => new AndTheNext()),
      );
    PAssert.that(where(words)).containsInAnyOrder(['a@1[-5,5)', 'a@1[5,15)', 'a@1[0,10)', 'a@1[10,20)']);
  },
  { requires: ['customWindows'] },
);

export const customThroughFlattenAndReshuffle = conformanceCase(
  (p) => {
    const first = p.create('First', ['a10'], { timestamps: [12] }).windowInto('A', bySpan);
    const second = p.create('Second', ['b10', 'c5'], { timestamps: [13, 13] }).windowInto('B', bySpan);
    PAssert.that(grouped(flatten([first, second]).reshuffle())).containsInAnyOrder([
      'a10+b10@19[10,20)',
      'c5@14[10,15)',
    ]);
  },
  { requires: ['customWindows', 'reshuffle'] },
);

export const customIntoFixed = conformanceCase(
  (p) => {
    const words = stamped(p, ['a10', 12], ['b5', 14])
      .windowInto('Custom', bySpan)
      .windowInto('Fixed', fixedWindows(100));
    PAssert.that(grouped(words)).containsInAnyOrder(['a10+b5@99[0,100)']);
  },
  { requires: ['customWindows'] },
);

export const customThatThrows = conformanceCase(
  (p) => {
    stamped(p, ['a', 1]).windowInto(
      'Broken',
      customWindows(() => ({
        assign(word: string): BoundedWindow {
          throw new TypeError(`no window for ${word}`);
        },
      })),
    );
  },
  { requires: ['customWindows'], fails: 'FUNCTION_THREW', saying: ['Broken', 'no window for a'] },
);

export const customThatAnswersNoWindow = conformanceCase(
  (p) => {
    stamped(p, ['a', 1]).windowInto(
      'Backwards',
      customWindows(() => ({ assign: () => new IntervalWindow(10, 0) })),
    );
  },
  { requires: ['customWindows'], fails: 'WINDOW_INVALID', saying: ['Backwards'] },
);

// Windows of a type of the author's.

/** Fixed windows of ten, one for each first letter; they count as over a millisecond before the last one. */
class ByLetter implements WindowFn<string> {
  readonly ownWindows = true;
  readonly assignsToOneWindow = true;
  assign(word: string, timestamp: number): BoundedWindow {
    const start = Math.floor(timestamp / 10) * 10;
    return { start, end: start + 10, maxTimestamp: start + 8, id: word[0]! };
  }
}
const byLetter = customWindows(() => new ByLetter());

export const ownWindowsAreToldApartById = conformanceCase(
  (p) => {
    const words = stamped(p, ['a1', 1], ['b1', 1], ['a2', 2], ['a3', 12]).windowInto(byLetter);
    PAssert.that(grouped(words)).containsInAnyOrder(['a1+a2@8[0,10)#a', 'b1@8[0,10)#b', 'a3@18[10,20)#a']);
  },
  { requires: ['customWindowTypes'] },
);

export const ownWindowsCombined = conformanceCase(
  (p) => {
    const counted = stamped(p, ['a1', 1], ['b1', 1], ['a2', 2])
      .windowInto(byLetter)
      .map('One', () => 'x')
      .countPerElement('Count');
    PAssert.that(where(counted.map(({ value }) => value))).containsInAnyOrder(['2@8[0,10)#a', '1@8[0,10)#b']);
  },
  { requires: ['customWindowTypes'] },
);

export const ownWindowsThroughReshuffle = conformanceCase(
  (p) => {
    const words = stamped(p, ['a1', 1], ['b1', 1]).windowInto(byLetter).reshuffle();
    PAssert.that(where(words)).containsInAnyOrder(['a1@1[0,10)#a', 'b1@1[0,10)#b']);
  },
  { requires: ['customWindowTypes', 'reshuffle'] },
);

export const ownWindowsOfManyNames = conformanceCase(
  (p) => {
    const words = Array.from({ length: 1_000 }, (_, i): Stamped => [`${String.fromCodePoint(0x4e00 + i)}${i}`, i % 10]);
    const counted = grouped(stamped(p, ...words).windowInto(byLetter)).map('All', () => 'window');
    PAssert.that(counted.windowInto('Global', globalWindow()).countPerElement('Windows')).containsInAnyOrder([
      { key: 'window', value: 1_000 },
    ]);
  },
  { requires: ['customWindowTypes'] },
);

// Merging windows of the author's.

/** Ten milliseconds each; those of even starts become one, others stay apart. */
class EvensMerge implements WindowFn<string> {
  assign(_word: string, timestamp: number): BoundedWindow {
    return new IntervalWindow(timestamp, timestamp + 10);
  }
  merge(windows: readonly BoundedWindow[]): MergedWindows[] {
    const from = windows.filter(({ start }) => start % 2 === 0);
    if (from.length === 0) return [];
    const to = new IntervalWindow(from[0]!.start, Math.max(...from.map(({ end }) => end)));
    return [{ from, to }];
  }
}

export const customMerging = conformanceCase(
  (p) => {
    const words = stamped(p, ['a', 0], ['b', 3], ['c', 40], ['d', 4]).windowInto(customWindows(() => new EvensMerge()));
    PAssert.that(grouped(words)).containsInAnyOrder(['a+c+d@49[0,50)', 'b@12[3,13)']);
  },
  { requires: ['customMergingWindows'] },
);

/** Sessions of a gap of ten for each label: the letter behind the colon. */
class LabelledSessions implements WindowFn<string> {
  readonly ownWindows = true;
  assign(word: string, timestamp: number): BoundedWindow {
    return { start: timestamp, end: timestamp + 10, maxTimestamp: timestamp + 9, id: word.split(':')[1]! };
  }
  merge(windows: readonly BoundedWindow[]): MergedWindows[] {
    const merged: { from: BoundedWindow[]; to: BoundedWindow }[] = [];
    for (const id of new Set(windows.map((window) => window.id!))) {
      let group: { from: BoundedWindow[]; to: BoundedWindow } | undefined;
      for (const window of windows.filter((each) => each.id === id)) {
        if (group !== undefined && window.start < group.to.end) {
          const { start } = group.to;
          const end = Math.max(group.to.end, window.end);
          group.from.push(window);
          group.to = { start, end, maxTimestamp: end - 1, id };
        } else {
          group = { from: [window], to: window };
          merged.push(group);
        }
      }
    }
    return merged;
  }
}
const labelledSessions = customWindows(() => new LabelledSessions());

export const customMergingByLabel = conformanceCase(
  (p) => {
    const words = stamped(p, ['a:x', 0], ['b:y', 2], ['c:x', 8], ['d:y', 30], ['e:x', 17]).windowInto(labelledSessions);
    PAssert.that(grouped(words)).containsInAnyOrder(['a:x+c:x+e:x@26[0,27)#x', 'b:y@11[2,12)#y', 'd:y@39[30,40)#y']);
  },
  { requires: ['customMergingWindows', 'customWindowTypes'] },
);

export const customMergingCombined = conformanceCase(
  (p) => {
    const sums = stamped(p, ['1:x', 0], ['2:y', 2], ['4:x', 8], ['8:x', 40])
      .windowInto(labelledSessions)
      .map('Number', (word) => ({ key: 'k', value: Number.parseInt(word, 10) }))
      .combinePerKey('Sum', sum());
    PAssert.that(where(sums.map(({ value }) => value))).containsInAnyOrder([
      '5@17[0,18)#x',
      '2@11[2,12)#y',
      '8@49[40,50)#x',
    ]);
  },
  { requires: ['customMergingWindows', 'customWindowTypes'] },
);

export const customMergingPerKey = conformanceCase(
  (p) => {
    const words = stamped(p, ['a:x', 0], ['b:x', 5], ['a2:x', 8]).windowInto(labelledSessions);
    PAssert.that(grouped(words, (word) => word[0])).containsInAnyOrder(['a2:x+a:x@17[0,18)#x', 'b:x@14[5,15)#x']);
  },
  { requires: ['customMergingWindows', 'customWindowTypes'] },
);

export const customMergingThatAnswersNonsense = conformanceCase(
  (p) => {
    const fn = (): WindowFn<string> => ({
      assign: (_word, timestamp) => new IntervalWindow(timestamp, timestamp + 10),
      merge: (windows) => (windows.length < 2 ? [] : [{ from: windows, to: windows[0]! }]),
    });
    stamped(p, ['a', 0], ['b', 3])
      .windowInto('Shrinking', customWindows(fn))
      .keyBy(() => 'k')
      .groupByKey('Group');
  },
  { requires: ['customMergingWindows'], fails: 'WINDOW_MERGE_INVALID', saying: ['does not cover'] },
);

// Windows of a calendar.

const at = (text: string): number => Date.parse(text);

/** The words of each window, as `words start end` in UTC. */
function byCalendar(windowFn: WindowFnDescriptor, words: readonly Stamped[], expected: readonly string[]) {
  return conformanceCase(
    (p) => {
      const found = grouped(stamped(p, ...words).windowInto(windowFn)).map('Dates', (text) => {
        const [, sorted, start, end] = /^(.*)@.*\[(.*),(.*)\)$/.exec(text)!;
        const date = (bound: string): string => new Date(Number(bound)).toISOString().slice(0, 16);
        return `${sorted} ${date(start!)} ${date(end!)}`;
      });
      PAssert.that(found).containsInAnyOrder(expected);
    },
    { requires: ['calendarWindows'] },
  );
}

export const calendarDaysInUtc = byCalendar(
  calendarDays(1),
  [
    ['a', at('2024-02-29T00:00Z')],
    ['b', at('2024-02-29T23:59:59.999Z')],
    ['c', at('1969-12-31T12:00Z')],
    ['d', -1],
  ],
  ['a+b 2024-02-29T00:00 2024-03-01T00:00', 'c+d 1969-12-31T00:00 1970-01-01T00:00'],
);
export const calendarDaysOf23And25Hours = byCalendar(
  calendarDays(1, { timeZone: 'America/New_York' }),
  [
    ['a', at('2024-03-10T05:00Z')],
    ['b', at('2024-03-11T03:59Z')],
    ['c', at('2024-03-11T04:00Z')],
    ['d', at('2024-11-04T04:59Z')],
  ],
  [
    'a+b 2024-03-10T05:00 2024-03-11T04:00',
    'c 2024-03-11T04:00 2024-03-12T04:00',
    'd 2024-11-03T04:00 2024-11-04T05:00',
  ],
);
export const calendarDaysFromAnHour = byCalendar(
  calendarDays(1, { timeZone: 'Asia/Kolkata', startDate: '2024-01-01T06:00' }),
  [
    ['a', at('2024-05-05T00:29Z')],
    ['b', at('2024-05-05T00:30Z')],
  ],
  ['a 2024-05-04T00:30 2024-05-05T00:30', 'b 2024-05-05T00:30 2024-05-06T00:30'],
);
export const calendarWeeksFromSunday = byCalendar(
  calendarWeeks(1, { firstDay: 'sunday', timeZone: 'Europe/Paris' }),
  [
    ['a', at('2024-03-30T22:59Z')],
    ['b', at('2024-03-30T23:00Z')],
    ['c', at('2024-04-06T21:59Z')],
  ],
  ['a 2024-03-23T23:00 2024-03-30T23:00', 'b+c 2024-03-30T23:00 2024-04-06T22:00'],
);
export const calendarMonthsOfUnequalLength = byCalendar(
  calendarMonths(1),
  [
    ['a', at('2024-02-01T00:00Z')],
    ['b', at('2024-02-29T23:00Z')],
    ['c', at('2024-03-31T23:00Z')],
  ],
  ['a+b 2024-02-01T00:00 2024-03-01T00:00', 'c 2024-03-01T00:00 2024-04-01T00:00'],
);
export const calendarYearsFromApril = byCalendar(
  calendarYears(1, { startDate: '2000-04-01', timeZone: 'Pacific/Auckland' }),
  [
    ['a', at('2024-03-31T10:59Z')],
    ['b', at('2024-03-31T11:00Z')],
    ['c', at('1999-04-01T00:00Z')],
  ],
  ['a 2023-03-31T11:00 2024-03-31T11:00', 'b 2024-03-31T11:00 2025-03-31T11:00', 'c 1999-03-31T12:00 2000-03-31T12:00'],
);
export const calendarDaysCombinedThenMonths = conformanceCase(
  (p) => {
    const perDay = stamped(
      p,
      ['a', at('2024-02-28T01:00Z')],
      ['b', at('2024-02-28T02:00Z')],
      ['c', at('2024-02-29T03:00Z')],
    )
      .windowInto('Day', calendarDays(1))
      .map('One', () => 'x')
      .countPerElement('Per day');
    const perMonth = perDay.map('Counts', ({ value }) => String(value)).windowInto('Month', calendarMonths(1));
    const end = at('2024-03-01T00:00Z');
    PAssert.that(grouped(perMonth)).containsInAnyOrder([`1+2@${end - 1}[${at('2024-02-01T00:00Z')},${end})`]);
  },
  { requires: ['calendarWindows'] },
);
export const calendarDaysOfTheLeastTimestamp = conformanceCase(
  (p) => {
    const words = p
      .create('Words', ['a', 'b'])
      .windowInto(calendarDays(1, { timeZone: 'Europe/Paris' }))
      .map('Key', (word) => ({ key: 'k', value: word }))
      .groupByKey();
    PAssert.that(words.map(({ value }) => [...value].sort().join())).containsInAnyOrder(['a,b']);
  },
  { requires: ['calendarWindows'] },
);
const LATE = GLOBAL_WINDOW_MAX_TIMESTAMP - 100_000;

export const windowsAtTheEndOfTime = conformanceCase((p) => {
  for (const [name, windowFn] of Object.entries({
    fixed: fixedWindows(CENTURY),
    sliding: slidingWindows(CENTURY, CENTURY),
    sessions: sessionWindows(CENTURY),
  })) {
    const words = p
      .create(`${name}: words`, ['a', 'b'], { timestamps: [LATE, LATE] })
      .windowInto(`${name}: windows`, windowFn)
      .map(`${name}: key`, (word) => ({ key: 'k', value: word }))
      .groupByKey(`${name}: group`)
      .map(`${name}: joined`, ({ value }) => [...value].sort().join());
    PAssert.that(`${name}: check`, words).containsInAnyOrder(['a,b']);
  }
});
export const fixedOfTheLeastTimestamp = conformanceCase((p) => {
  const words = p
    .create('Words', ['a', 'b'], { timestamps: [MIN_TIMESTAMP, MIN_TIMESTAMP] })
    .windowInto(fixedWindows(86_400_000))
    .map('Key', (word) => ({ key: 'k', value: word }))
    .groupByKey();
  PAssert.that(words.map(({ value }) => [...value].sort().join())).containsInAnyOrder(['a,b']);
});

// Side inputs in such windows.

/** What a word sees beside it. */
class Seen implements DoFn<string, string, { sideInputs: { side: SideInput<Iterable<string>> } }> {
  process(word: string, context: ProcessContext<string, { sideInputs: { side: SideInput<Iterable<string>> } }>): void {
    context.output(`${word}: ${[...context.sideInputs.side].sort().join('+')}`);
  }
}

function seen(main: PCollection<string>, side: PCollection<string>): PCollection<string> {
  return main.parDo('Seen', () => new Seen(), { sideInputs: { side: asIterable(side) } });
}

export const calendarSideInput = conformanceCase(
  (p) => {
    const zone = { timeZone: 'Europe/Paris' };
    const main = stamped(p, ['a', at('2024-03-30T23:00Z')], ['b', at('2024-03-31T22:00Z')]).windowInto(
      'Hours',
      fixedWindows(3_600_000),
    );
    const side = p
      .create('Side', ['x', 'y', 'z'], {
        timestamps: [at('2024-03-31T21:59Z'), at('2024-03-31T22:00Z'), at('2024-03-30T22:00Z')],
      })
      .windowInto('Days', calendarDays(1, zone));
    PAssert.that(seen(main, side)).containsInAnyOrder(['a: x', 'b: y']);
  },
  { requires: ['sideInputs', 'calendarWindows'] },
);

/** Tens; a window of the main input sees the ten before its own. */
class TheTenBefore implements WindowFn<string> {
  assign(_word: string, timestamp: number): BoundedWindow {
    const start = Math.floor(timestamp / 10) * 10;
    return new IntervalWindow(start, start + 10);
  }
  sideInputWindow({ maxTimestamp }: BoundedWindow): BoundedWindow {
    return this.assign('', maxTimestamp - 10);
  }
}

export const customSideInput = conformanceCase(
  (p) => {
    const main = stamped(p, ['a', 5], ['b', 15], ['c', 25]).windowInto('Tens', fixedWindows(10));
    const side = p.create('Side', ['x', 'y', 'z'], { timestamps: [1, 12, 22] }).windowInto(
      'Before',
      customWindows(() => new TheTenBefore()),
    );
    PAssert.that(seen(main, side)).containsInAnyOrder(['a: ', 'b: x', 'c: y']);
  },
  { requires: ['sideInputs', 'customWindows'] },
);
