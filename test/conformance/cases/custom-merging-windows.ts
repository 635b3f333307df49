import { type BoundedWindow, customWindows, IntervalWindow, type MergedWindows, sum, type WindowFn } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { grouped, stamped } from '../shapes/stamped.js';
import { where } from '../shapes/where.js';

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
