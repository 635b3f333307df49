import {
  asIterable,
  asList,
  asMap,
  asMultimap,
  asSingleton,
  fixedWindows,
  type KV,
  type PCollection,
  type Pipeline,
  sessionWindows,
  slidingWindows,
  sum,
} from 'millrace';
import { stringUtf8Coder } from 'millrace/coders';
import { PAssert } from 'millrace/testing';
import { conformanceCase as anyCase } from '../case.js';

/** Which steps see what other steps have made, and in which windows. */

const conformanceCase = (build: (p: Pipeline) => void) => anyCase(build, { requires: ['sideInputs'] });

const sorted = (elements: Iterable<unknown>): string => [...elements].map(String).sort().join('');

/** Emits its name, if each of its side inputs has the one element that it has to have. */
function expecting(
  name: string,
  main: PCollection<string>,
  sides: readonly (readonly [name: string, side: PCollection<string>])[],
): PCollection<string> {
  const sideInputs = Object.fromEntries(sides.map(([, side], i) => [`s${i}`, asList(side)]));
  return main.map(
    name,
    (_, views) => {
      for (const [i, [expected]] of sides.entries()) {
        const seen = [...views[`s${i}`]!];
        if (seen.length !== 1 || seen[0] !== expected) throw new Error(`${name} sees ${seen}, not ${expected}`);
      }
      return name;
    },
    { sideInputs },
  );
}

export const sideInputsOfAllStepsBefore = conformanceCase((p) => {
  const start = p.create('Start', ['Start']);
  const made: (readonly [string, PCollection<string>])[] = [];
  for (let i = 1; i < 8; i++) {
    const name = `Do${i}`;
    made.push([name, expecting(name, start, [...made])]);
  }
  PAssert.that(made.at(-1)![1]).containsInAnyOrder(['Do7']);
});

/** Which steps a step sees looks like chance, so that no order of stages is an easy one. */
export const sparseSideInputs = conformanceCase((p) => {
  const made: (readonly [string, PCollection<string>])[] = [];
  const choose = (i: number, k: number) => made[(389 + i * 5_077 + k * 131) % made.length]!;
  for (let k = 0; k < 14; k++) {
    const count = Math.floor(Math.sqrt((k * k) % 16));
    if (count === 0) made.push([`Create${k}`, p.create(`Create${k}`, [`Create${k}`])]);
    else {
      const sides = Array.from({ length: count - 1 }, (_, i) => choose(i + 1, k));
      made.push([`Do${k}`, expecting(`Do${k}`, choose(0, k)[1], sides)]);
    }
  }
  for (const [name, all] of made) PAssert.that(`Of ${name}`, all).containsInAnyOrder([name]);
});

/** Two steps of one stage, each of which sees one collection in two ways. */
export const oneCollectionSeenTwiceByTwoSteps = conformanceCase((p) => {
  const side = p.create('Side', [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
    { key: 'a', value: 3 },
  ]);
  const sideInputs = { map: asMultimap(side), list: asList(side) };
  const seen = p
    .create('Main', ['a', 'b'])
    .map('First', (key, { map, list }) => ({ key, seen: `${sorted(map.get(key))}/${list.length}` }), { sideInputs })
    .map('Second', ({ key, seen }, { map, list }) => `${key} ${seen} ${sorted(map.get(key))}/${list.length}`, {
      sideInputs,
    });
  PAssert.that(seen).containsInAnyOrder(['a 13/3 13/3', 'b 2/3 2/3']);
});

export const sideInputDerivedFromItsMain = conformanceCase((p) => {
  const main = p.create('Main', ['a', 'b']);
  const derived = main
    .flatten(p.create<string>('None', []))
    .keyBy((word) => word)
    .groupByKey()
    .map('Unkey', ({ key }) => key);
  const crossed = main.flatMap('Cross', (a, { all }) => [...all].map((b) => `${a}${b}`), {
    sideInputs: { all: asIterable(derived) },
  });
  PAssert.that(crossed).containsInAnyOrder(['aa', 'ab', 'ba', 'bb']);
});

export const flattenedSideInputThatIsFlattenedFurther = conformanceCase((p) => {
  const one = p.create('One', [{ key: 'a', value: 1 }]);
  const two = p.create('Two', [{ key: 'b', value: 2 }]);
  const side = one.flatten('Both', two);
  const seen = p.create('Main', [null]).map('See', (_, { map }) => `${map.get('a')}${map.get('b')}${map.size}`, {
    sideInputs: { map: asMap(side) },
  });
  PAssert.that('Seen', seen).containsInAnyOrder(['122']);
  // Of another type.
  const all: PCollection<KV<string, number> | string> = side.flatten('Everything', p.create('Three', ['other']));
  PAssert.that('All', all).containsInAnyOrder([{ key: 'a', value: 1 }, { key: 'b', value: 2 }, 'other']);
});

export const sideInputOfAnotherCoder = conformanceCase((p) => {
  const seen = p
    .create('Main', ['a'], { coder: stringUtf8Coder() })
    .map('See', (word, { numbers, words }) => `${word}${sorted(numbers)}${sorted(words)}`, {
      sideInputs: {
        numbers: asIterable(p.create('Numbers', [1, 2])),
        words: asIterable(p.create('Words', ['x', 'y'], { coder: stringUtf8Coder() })),
      },
    });
  PAssert.that(seen).containsInAnyOrder(['a12xy']);
});

/** Pairs of which nothing says that they are any. */
export const sideMultimapOfWhatIsOnlyKnownToBePairs = conformanceCase((p) => {
  const untyped = p
    .create('Numbers', [1, 2, 3])
    .map('Any', (n): unknown => ({ key: n % 2 === 0 ? 'even' : 'odd', value: n })) as PCollection<KV<string, number>>;
  const seen = p
    .create('Main', ['even', 'odd', 'none'])
    .map('See', (key, { map }) => `${key}${sorted(map.get(key))}`, { sideInputs: { map: asMultimap(untyped) } });
  PAssert.that(seen).containsInAnyOrder(['even2', 'odd13', 'none']);
});

export const sideListOfLists = conformanceCase((p) => {
  const seen = p.create('Main', [0]).map('See', (_, { lists }) => [...lists].map((l) => l.join('+')).sort(), {
    sideInputs: { lists: asIterable(p.create('Lists', [[1, 2], [], [3]])) },
  });
  PAssert.that(seen).containsInAnyOrder([['', '1+2', '3']]);
});

export const sideMapWithNullAsValue = conformanceCase((p) => {
  const side = p.create<KV<string, number | null>>('Side', [
    { key: 'a', value: null },
    { key: 'b', value: 0 },
  ]);
  const seen = p
    .create('Main', ['a', 'b', 'c'])
    .map('See', (key, { map }) => `${key}${map.get(key)}${map.has(key)}`, { sideInputs: { map: asMap(side) } });
  PAssert.that(seen).containsInAnyOrder(['anulltrue', 'b0true', 'cundefinedfalse']);
});

export const sideSingletonThatIsNull = conformanceCase((p) => {
  const seen = p.create('Main', [1]).map('See', (n, { one }) => `${n}${one}`, {
    sideInputs: { one: asSingleton(p.create<number | null>('Null', [null]), { default: 7 }) },
  });
  PAssert.that(seen).containsInAnyOrder(['1null']);
});

/** Numbers from 0 on at the instants that they are. */
const upTo = (p: Pipeline, name: string, count: number): PCollection<number> => {
  const all = Array.from({ length: count }, (_, i) => i);
  return p.create(name, all, { timestamps: all });
};

/** [0, 5) sees the window that holds 4, which is [0, 7); [5, 10) that which holds 9, which is [7, 14). */
export const sideInputInWindowsThatAreNotAligned = conformanceCase((p) => {
  const numbers = upTo(p, 'Numbers', 10);
  const seen = numbers.windowInto('Fives', fixedWindows(5)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asList(numbers.windowInto('Sevens', fixedWindows(7))) },
  });
  PAssert.that(seen).containsInAnyOrder([
    ...[0, 1, 2, 3, 4].map((n) => `${n}:0123456`),
    ...[5, 6, 7, 8, 9].map((n) => `${n}:789`),
  ]);
});

export const multimapOfEachWindow = conformanceCase((p) => {
  const side = upTo(p, 'Side', 20)
    .windowInto('Side tens', fixedWindows(10))
    .keyBy('Sevenths', (n) => n % 7);
  const seen = p
    .create('Main', [3, 13], { timestamps: [3, 13] })
    .windowInto('Main tens', fixedWindows(10))
    .map('See', (n, { map }) => `${n}:${[...map.get(0)].sort((a, b) => a - b)}|${[...map.get(9)]}`, {
      sideInputs: { map: asMultimap(side) },
    });
  PAssert.that(seen).containsInAnyOrder(['3:0,7|', '13:14|']);
});

export const listOfEachWindow = conformanceCase((p) => {
  const seen = p
    .create('Main', [3, 13, 23], { timestamps: [3, 13, 23] })
    .windowInto('Main tens', fixedWindows(10))
    .map('See', (n, { list }) => `${n}:${list.length}${list.includes(11)}`, {
      sideInputs: { list: asList(upTo(p, 'Side', 15).windowInto('Side tens', fixedWindows(10))) },
    });
  PAssert.that(seen).containsInAnyOrder(['3:10false', '13:5true', '23:0false']);
});

export const sessionsAsMainInput = conformanceCase((p) => {
  // Sessions [1, 11) and [20, 33) of a group, whose last instants are 10 and 32.
  const grouped = p
    .create('Main', [1, 20, 23], { timestamps: [1, 20, 23] })
    .windowInto('Sessions', sessionWindows(10))
    .keyBy(() => 'k')
    .groupByKey()
    .map('Joined', ({ value }) => [...value].sort((a, b) => a - b).join('+'));
  const seen = grouped.map('See', (text, { side }) => `${text}:${sorted(side)}`, {
    sideInputs: {
      side: asIterable(
        p.create('Side', ['tens', 'thirties'], { timestamps: [12, 39] }).windowInto('Tens', fixedWindows(10)),
      ),
    },
  });
  PAssert.that(seen).containsInAnyOrder(['1:tens', '20+23:thirties']);
});

/** A default stands for each window in which nothing was combined. */
export const defaultOfAWindowedCombine = conformanceCase((p) => {
  const sums = upTo(p, 'Side', 5).windowInto('Side tens', fixedWindows(10)).combineGlobally('Sum', sum());
  const seen = p
    .create('Main', [3, 13], { timestamps: [3, 13] })
    .windowInto('Main tens', fixedWindows(10))
    .map('See', (n, { total }) => `${n}:${total}`, { sideInputs: { total: asSingleton(sums, { default: 0 }) } });
  PAssert.that(seen).containsInAnyOrder(['3:10', '13:0']);
});

export const severalSideInputsInSlidingWindows = conformanceCase((p) => {
  const side = upTo(p, 'Side', 12).windowInto('Side windows', slidingWindows(4, 2));
  const seen = p
    .create('Main', [5], { timestamps: [5] })
    .windowInto('Main windows', slidingWindows(4, 2))
    .map('See', (n, { sum: total, all }) => `${n}:${total}=${[...all].sort((a, b) => a - b).join('+')}`, {
      sideInputs: { sum: asSingleton(side.combineGlobally('Sum', sum())), all: asIterable(side) },
    });
  // The window itself is the earliest that holds its last instant.
  PAssert.that(seen).containsInAnyOrder(['5:14=2+3+4+5', '5:22=4+5+6+7']);
});
