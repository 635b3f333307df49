import {
  asIterable,
  asMap,
  asSingleton,
  type BoundedWindow,
  calendarDays,
  customWindows,
  type DoFn,
  fixedWindows,
  globalWindow,
  IntervalWindow,
  type PCollection,
  type ProcessContext,
  type SideInput,
  slidingWindows,
  sum,
  type WindowFn,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { at, letters, sideInputCase, sorted } from '../shapes/side-inputs.js';
import { stamped } from '../shapes/stamped.js';

/** What a word sees beside it. */
class Seen implements DoFn<string, string, { sideInputs: { side: SideInput<Iterable<string>> } }> {
  process(word: string, context: ProcessContext<string, { sideInputs: { side: SideInput<Iterable<string>> } }>): void {
    context.output(`${word}: ${[...context.sideInputs.side].sort().join('+')}`);
  }
}

function seen(main: PCollection<string>, side: PCollection<string>): PCollection<string> {
  return main.parDo('Seen', () => new Seen(), { sideInputs: { side: asIterable(side) } });
}

export const calendarSideInput = sideInputCase(
  (p) => {
    const zone = { timeZone: 'Europe/Paris' };
    const main = stamped(p, ['a', Date.parse('2024-03-30T23:00Z')], ['b', Date.parse('2024-03-31T22:00Z')]).windowInto(
      'Hours',
      fixedWindows(3_600_000),
    );
    const side = p
      .create('Side', ['x', 'y', 'z'], {
        timestamps: [Date.parse('2024-03-31T21:59Z'), Date.parse('2024-03-31T22:00Z'), Date.parse('2024-03-30T22:00Z')],
      })
      .windowInto('Days', calendarDays(1, zone));
    PAssert.that(seen(main, side)).containsInAnyOrder(['a: x', 'b: y']);
  },
  { requires: ['calendarWindows'] },
);

/** Tens; a window of the main input sees the ten before its own. */
class TheTenBefore implements WindowFn<string> {
  readonly sideInputLookbackMs = 10;
  assign(_word: string, timestamp: number): BoundedWindow {
    const start = Math.floor(timestamp / 10) * 10;
    return new IntervalWindow(start, start + 10);
  }
  sideInputWindow({ maxTimestamp }: BoundedWindow): BoundedWindow {
    return this.assign('', maxTimestamp - 10);
  }
}

export const customSideInput = sideInputCase(
  (p) => {
    const main = stamped(p, ['a', 5], ['b', 15], ['c', 25]).windowInto('Tens', fixedWindows(10));
    const side = p.create('Side', ['x', 'y', 'z'], { timestamps: [1, 12, 22] }).windowInto(
      'Before',
      customWindows(() => new TheTenBefore()),
    );
    PAssert.that(seen(main, side)).containsInAnyOrder(['a: ', 'b: x', 'c: y']);
  },
  { requires: ['customWindows'] },
);

export const sideInputInTheSameWindows = sideInputCase((p) => {
  const seen = at(p, 'Main', [1, 11, 12], fixedWindows(10)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(at(p, 'Side', [2, 5, 15, 25], fixedWindows(10))) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:25', '11:15', '12:15']);
});

export const sideInputInLongerWindows = sideInputCase((p) => {
  const seen = at(p, 'Main', [1, 11, 101], fixedWindows(10)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(at(p, 'Side', [2, 50, 150], fixedWindows(100))) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:250', '11:250', '101:150']);
});

export const sideInputInShorterWindows = sideInputCase((p) => {
  // The window of the side input that holds the last instant of the main window: [90, 100).
  const seen = at(p, 'Main', [1, 50], fixedWindows(100)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(at(p, 'Side', [5, 55, 95, 105], fixedWindows(10))) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:95', '50:95']);
});

export const sideInputInSlidingWindows = sideInputCase((p) => {
  // Of the windows that hold 9, the last instant of the main window, the earliest: [0, 10).
  const seen = at(p, 'Main', [1, 11], fixedWindows(10)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(at(p, 'Side', [2, 7, 12], slidingWindows(10, 5))) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:27', '11:12']);
});

export const mainInputInSlidingWindows = sideInputCase((p) => {
  // 7 stands in [0, 10) and [5, 15), whose last instants are 9 and 14.
  const seen = at(p, 'Main', [7], slidingWindows(10, 5)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(at(p, 'Side', [2, 12], fixedWindows(10))) },
  });
  PAssert.that(seen).containsInAnyOrder(['7:2', '7:12']);
});

export const windowedMainAndGlobalSideInput = sideInputCase((p) => {
  const seen = at(p, 'Main', [1, 11], fixedWindows(10)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(letters(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:abc', '11:abc']);
});

export const sideInputThatIsEmptyInSomeWindows = sideInputCase((p) => {
  const seen = at(p, 'Main', [1, 11, 21], fixedWindows(10)).map('See', (n, { side }) => `${n}:${side}`, {
    sideInputs: { side: asSingleton(at(p, 'Side', [15], fixedWindows(10)), { default: -1 }) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:-1', '11:15', '21:-1']);
});

export const windowedMapAsASideInput = sideInputCase((p) => {
  // The same key in two windows is no duplicate.
  const side = at(p, 'Side', [2, 15], fixedWindows(10)).keyBy('Key', () => 'k');
  const seen = at(p, 'Main', [1, 11], fixedWindows(10)).map('See', (n, { map }) => `${n}:${map.get('k')}`, {
    sideInputs: { map: asMap(side) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:2', '11:15']);
});

export const windowedCombineAsASideInput = sideInputCase((p) => {
  const numbers = at(p, 'Numbers', [1, 2, 13], fixedWindows(10));
  const seen = numbers.map('See', (n, { total }) => `${n}of${total}`, {
    sideInputs: { total: asSingleton(numbers.combineGlobally('Total', sum())) },
  });
  PAssert.that(seen).containsInAnyOrder(['1of3', '2of3', '13of13']);
});

export const sideInputsWithDifferentWindows = sideInputCase((p) => {
  const seen = at(p, 'Main', [1, 11], fixedWindows(10)).map(
    'See',
    (n, { small, big, all }) => `${n}:${sorted(small)}:${sorted(big)}:${sorted(all)}`,
    {
      sideInputs: {
        small: asIterable(at(p, 'Small', [2, 12], fixedWindows(10))),
        big: asIterable(at(p, 'Big', [3, 13, 23], fixedWindows(20))),
        all: asIterable(at(p, 'All', [4, 104], globalWindow())),
      },
    },
  );
  PAssert.that(seen).containsInAnyOrder(['1:2:133:1044', '11:12:133:1044']);
});

export const windowsAndTimestampsStayBehindASideInput = sideInputCase((p) => {
  const counted = at(p, 'Main', [1, 2, 11], fixedWindows(10))
    .map('See', (_, { side }) => side, { sideInputs: { side: asSingleton(p.create('Side', ['x'])) } })
    .countPerElement()
    .map(({ value }) => value);
  PAssert.that(counted).containsInAnyOrder([1, 2]);
});
