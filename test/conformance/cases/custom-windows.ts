import {
  type BoundedWindow,
  customWindows,
  fixedWindows,
  flatten,
  IntervalWindow,
  slidingWindows,
  type WindowFn,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { grouped, stamped } from '../shapes/stamped.js';
import { where } from '../shapes/where.js';

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
