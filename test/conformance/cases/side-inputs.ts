import {
  asIterable,
  asList,
  asMap,
  asMultimap,
  asSingleton,
  type DoFn,
  type FinishBundleContext,
  fixedWindows,
  GlobalWindow,
  generateSequence,
  globalWindow,
  outputTag,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  type SideInput,
  type SideMap,
  slidingWindows,
  sum,
  type WindowFnDescriptor,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase as anyCase } from '../case.js';

const conformanceCase = (build: Parameters<typeof anyCase>[0], options: Parameters<typeof anyCase>[1] = {}) =>
  anyCase(build, { ...options, requires: ['sideInputs', ...(options.requires ?? [])] });

const sorted = (elements: Iterable<unknown>): string => [...elements].map(String).sort().join('');

/** Elements at their own instants, in windows. */
function at(p: Pipeline, name: string, instants: readonly number[], windows: WindowFnDescriptor): PCollection<number> {
  return p.create(name, instants, { timestamps: instants }).windowInto(`${name}InWindows`, windows);
}

const letters = (p: Pipeline): PCollection<string> => p.create('Letters', ['a', 'b', 'c']);
const main = (p: Pipeline): PCollection<number> => p.create('Main', [1, 2]);
const pairs = (p: Pipeline) =>
  p.create('Pairs', [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
  ]);
const nothing = (p: Pipeline): PCollection<string> => letters(p).filter('None', () => false);

export const sideIterable = conformanceCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${sorted(side)}`, {
    sideInputs: { side: asIterable(letters(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['1abc', '2abc']);
});

export const sideIterableTwice = conformanceCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${sorted(side)}${sorted(side)}`, {
    sideInputs: { side: asIterable(letters(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['1abcabc', '2abcabc']);
});

export const sideList = conformanceCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${side.length}${sorted([side[0], side[1], side[2]])}`, {
    sideInputs: { side: asList(letters(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['13abc', '23abc']);
});

export const sideMap = conformanceCase((p) => {
  const seen = p
    .create('Main', ['a', 'b', 'x'])
    .map('See', (key, { side }) => `${key}${side.get(key)}${side.has(key)}${side.size}`, {
      sideInputs: { side: asMap(pairs(p)) },
    });
  PAssert.that(seen).containsInAnyOrder(['a1true2', 'b2true2', 'xundefinedfalse2']);
});

export const sideMapEntries = conformanceCase((p) => {
  const seen = main(p).map(
    'See',
    (n, { side }) =>
      `${n}${sorted(side.keys())}${sorted(side.values())}${sorted([...side].map(([k, v]) => `${k}=${v};`))}`,
    { sideInputs: { side: asMap(pairs(p)) } },
  );
  PAssert.that(seen).containsInAnyOrder(['1ab12a=1;b=2;', '2ab12a=1;b=2;']);
});

const several = (p: Pipeline) =>
  p.create('Several', [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
    { key: 'a', value: 3 },
  ]);

export const sideMultimap = conformanceCase((p) => {
  const seen = p
    .create('Main', ['a', 'b', 'x'])
    .map('See', (key, { side }) => `${key}${sorted(side.get(key))}${side.has(key)}${side.size}`, {
      sideInputs: { side: asMultimap(several(p)) },
    });
  PAssert.that(seen).containsInAnyOrder(['a13true2', 'b2true2', 'xfalse2']);
});

export const sideMultimapEntries = conformanceCase((p) => {
  const seen = main(p).map(
    'See',
    (n, { side }) =>
      `${n}${sorted(side.keys())}${sorted([...side].map(([key, values]) => `${key}${sorted(values)};`))}`,
    { sideInputs: { side: asMultimap(several(p)) } },
  );
  PAssert.that(seen).containsInAnyOrder(['1aba13;b2;', '2aba13;b2;']);
});

export const sideMultimapOfManyKeysForOneElement = conformanceCase((p) => {
  const seen = p
    .create('Main', [['a', 'b'], ['x'], []])
    .map('See', (keys, { side }) => keys.map((key) => `${key}${sorted(side.get(key))}`).join(), {
      sideInputs: { side: asMultimap(several(p)) },
    });
  PAssert.that(seen).containsInAnyOrder(['a13,b2', 'x', '']);
});

export const sideMultimapWithKeysOfSeveralTypes = conformanceCase((p) => {
  const keys: unknown[] = ['1', 1, true, null, { id: 1, of: 'x' }, 1n];
  const side = p.create(
    'Side',
    keys.map((key, value) => ({ key, value })),
  );
  // The same keys, made anew, with their fields in another order.
  const asked: unknown[] = ['1', 1, true, null, { of: 'x', id: 1 }, 1n, { id: 2, of: 'x' }];
  const seen = p
    .create('Main', [asked])
    .flatMap('See', (all, { side: view }) => all.map((key) => [...view.get(key)].join()), {
      sideInputs: { side: asMultimap(side) },
    });
  PAssert.that(seen).containsInAnyOrder(['0', '1', '2', '3', '4', '5', '']);
});

export const sideMapWithObjectsAsKeys = conformanceCase((p) => {
  const side = p.create('Side', [{ key: { shop: 'x', city: 'y' }, value: 'found' }]);
  const seen = main(p).map('See', (n, { side: view }) => `${n}${view.get({ city: 'y', shop: 'x' })}`, {
    sideInputs: { side: asMap(side) },
  });
  PAssert.that(seen).containsInAnyOrder(['1found', '2found']);
});

export const sideMapFromKeyBy = conformanceCase((p) => {
  const side = letters(p).keyBy('Code', (letter) => letter.charCodeAt(0));
  const seen = p.create('Main', [97, 99]).map('See', (code, { side: view }) => view.get(code), {
    sideInputs: { side: asMap(side) },
  });
  PAssert.that(seen).containsInAnyOrder(['a', 'c']);
});

export const sideSingleton = conformanceCase((p) => {
  const seen = main(p).map('See', (n, { rate }) => n * rate, {
    sideInputs: { rate: asSingleton(p.create('Rate', [10])) },
  });
  PAssert.that(seen).containsInAnyOrder([10, 20]);
});

export const sideSingletonOfACombine = conformanceCase((p) => {
  const numbers = p.create('Numbers', [1, 2, 3]);
  const seen = numbers.map('Share', (n, { total }) => n / total, {
    sideInputs: { total: asSingleton(numbers.combineGlobally('Total', sum())) },
  });
  PAssert.that(seen).containsInAnyOrder([1 / 6, 2 / 6, 3 / 6]);
});

export const sideSingletonDefault = conformanceCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${side}`, {
    sideInputs: { side: asSingleton(nothing(p), { default: 'none' }) },
  });
  PAssert.that(seen).containsInAnyOrder(['1none', '2none']);
});

export const sideSingletonDefaultNotNeeded = conformanceCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${side}`, {
    sideInputs: { side: asSingleton(p.create('One', ['one']), { default: 'none' }) },
  });
  PAssert.that(seen).containsInAnyOrder(['1one', '2one']);
});

export const sideSingletonDefaultOfNothing = conformanceCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${side}`, {
    sideInputs: { side: asSingleton(nothing(p), { default: undefined }) },
  });
  PAssert.that(seen).containsInAnyOrder(['1undefined', '2undefined']);
});

export const sideSingletonOfNothingFails = conformanceCase(
  (p) => {
    main(p).map('See', (n, { rate }) => `${n}${rate}`, { sideInputs: { rate: asSingleton(nothing(p)) } });
  },
  { fails: 'SIDE_INPUT_EMPTY', saying: ["'rate'", 'See', 'default'] },
);

export const sideSingletonOfSeveralFails = conformanceCase(
  (p) => {
    main(p).map('See', (n, { rate }) => `${n}${rate}`, { sideInputs: { rate: asSingleton(letters(p)) } });
  },
  { fails: 'SIDE_INPUT_SEVERAL', saying: ["'rate'", 'See', 'more than one'] },
);

export const sideMapOfTwoValuesToAKeyFails = conformanceCase(
  (p) => {
    main(p).map('See', (n, { rates }) => `${n}${rates.get('b')}`, { sideInputs: { rates: asMap(several(p)) } });
  },
  { fails: 'SIDE_INPUT_DUPLICATE_KEY', saying: ["'rates'", 'See', "'a'", 'asMultimap'] },
);

export const sideInputThatIsNotLookedAt = conformanceCase((p) => {
  const seen = main(p).map('See', (n) => n, { sideInputs: { rate: asSingleton(letters(p)), map: asMap(several(p)) } });
  PAssert.that(seen).containsInAnyOrder([1, 2]);
});

export const sideInputsOfNothing = conformanceCase((p) => {
  const none = nothing(p);
  const keyed = none.keyBy('Key', (letter) => letter);
  const seen = main(p).map(
    'See',
    (n, { iterable, list, map, multimap }) =>
      `${n}[${sorted(iterable)}]${list.length}${map.size}${map.get('a')}${multimap.size}[${sorted(multimap.get('a'))}]`,
    { sideInputs: { iterable: asIterable(none), list: asList(none), map: asMap(keyed), multimap: asMultimap(keyed) } },
  );
  PAssert.that(seen).containsInAnyOrder(['1[]00undefined0[]', '2[]00undefined0[]']);
});

export const sideInputOfAnEmptyMain = conformanceCase((p) => {
  const seen = nothing(p).map('See', (letter, { side }) => `${letter}${sorted(side)}`, {
    sideInputs: { side: asIterable(p.create('Side', [1])) },
  });
  PAssert.that(seen).containsInAnyOrder([]);
});

export const twoSideInputs = conformanceCase((p) => {
  const seen = main(p).map('See', (n, { some, map }) => `${n}${sorted(some)}${map.get('b')}`, {
    sideInputs: { some: asIterable(letters(p)), map: asMap(pairs(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['1abc2', '2abc2']);
});

export const oneCollectionAsTwoSideInputs = conformanceCase((p) => {
  const side = pairs(p);
  const seen = main(p).map('See', (n, { list, map }) => `${n}${list.length}${map.get('a')}`, {
    sideInputs: { list: asList(side), map: asMap(side) },
  });
  PAssert.that(seen).containsInAnyOrder(['121', '221']);
});

export const oneSideInputOfTwoSteps = conformanceCase((p) => {
  const side = asList(letters(p));
  const first = main(p).map('First', (n, { side: view }) => n * view.length, { sideInputs: { side } });
  const second = first.map('Second', (n, { side: view }) => n + view.length, { sideInputs: { side } });
  PAssert.that(second).containsInAnyOrder([6, 9]);
});

export const sideAndMainFromOneCollection = conformanceCase((p) => {
  const numbers = p.create('Numbers', [1, 2, 3]);
  const seen = numbers.map('See', (n, { all }) => `${n}of${sorted(all)}`, { sideInputs: { all: asIterable(numbers) } });
  PAssert.that(seen).containsInAnyOrder(['1of123', '2of123', '3of123']);
});

export const sideInputDependencies = conformanceCase((p) => {
  // Each step needs all of what the step before has made of all of what the one before that has made.
  let at: PCollection<number> = p.create('Start', [1, 2]);
  for (let i = 1; i <= 5; i++) {
    const before = at;
    at = p.create(`Main${i}`, [i]).flatMap(`Add${i}`, (n, { all }) => [[...all].reduce((a, b) => a + b, 0) + n], {
      sideInputs: { all: asIterable(before) },
    });
  }
  PAssert.that(at).containsInAnyOrder([18]);
});

export const sideInputOfAStepWithASideInput = conformanceCase((p) => {
  const inner = letters(p).map('Inner', (letter, { n }) => letter.repeat(n), {
    sideInputs: { n: asSingleton(p.create('Two', [2])) },
  });
  const seen = main(p).map('Outer', (n, { side }) => `${n}${sorted(side)}`, {
    sideInputs: { side: asIterable(inner) },
  });
  PAssert.that(seen).containsInAnyOrder(['1aabbcc', '2aabbcc']);
});

export const flattenedSideInput = conformanceCase((p) => {
  const side = p.create('One', ['a']).flatten(p.create('Two', ['b']), p.create('Three', ['c']));
  const seen = main(p).map('See', (n, { all }) => `${n}${sorted(all)}`, { sideInputs: { all: asIterable(side) } });
  PAssert.that(seen).containsInAnyOrder(['1abc', '2abc']);
});

export const flattenedMainInput = conformanceCase((p) => {
  const both = main(p).flatten(p.create('More', [3]));
  const seen = both.map('See', (n, { all }) => `${n}${sorted(all)}`, { sideInputs: { all: asIterable(letters(p)) } });
  PAssert.that(seen).containsInAnyOrder(['1abc', '2abc', '3abc']);
});

export const groupedSideInput = conformanceCase((p) => {
  const seen = p.create('Main', ['a', 'b']).map('See', (key, { groups }) => `${key}${sorted(groups.get(key) ?? [])}`, {
    sideInputs: { groups: asMap(several(p).groupByKey()) },
  });
  PAssert.that(seen).containsInAnyOrder(['a13', 'b2']);
});

export const combinedSideInput = conformanceCase((p) => {
  const seen = p.create('Main', ['a', 'b']).map('See', (key, { totals }) => `${key}${totals.get(key)}`, {
    sideInputs: { totals: asMap(several(p).combinePerKey('Sum', sum())) },
  });
  PAssert.that(seen).containsInAnyOrder(['a4', 'b2']);
});

export const groupedMainInput = conformanceCase((p) => {
  const seen = several(p)
    .groupByKey()
    .map('See', ({ key, value }, { side }) => `${key}${sorted(value)}${sorted(side)}`, {
      sideInputs: { side: asIterable(letters(p)) },
    });
  PAssert.that(seen).containsInAnyOrder(['a13abc', 'b2abc']);
});

export const groupingOfWhatASideInputMade = conformanceCase((p) => {
  const counted = p
    .create('Main', ['x', 'y', 'x'])
    .filter('Known', (word, { known }) => [...known].includes(word), {
      sideInputs: { known: asList(p.create('KnownWords', ['x'])) },
    })
    .countPerElement();
  PAssert.that(counted).containsInAnyOrder([{ key: 'x', value: 2 }]);
});

export const filterWithASideInput = conformanceCase((p) => {
  const kept = p.create('Main', [1, 5, 9]).filter('AtLeast', (n, { least }) => n >= least, {
    sideInputs: { least: asSingleton(p.create('Least', [5])) },
  });
  PAssert.that(kept).containsInAnyOrder([5, 9]);
});

export const flatMapWithASideInput = conformanceCase((p) => {
  const all = main(p).flatMap('Cross', (n, { side }) => [...side].map((letter) => `${letter}${n}`), {
    sideInputs: { side: asIterable(letters(p)) },
  });
  PAssert.that(all).containsInAnyOrder(['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
});

const ODD = outputTag('odd').of<string>();

type WithRates = { readonly sideInputs: { readonly rates: SideInput<SideMap<string, number>> } };

class Split implements DoFn<number, string, WithRates> {
  process(n: number, context: ProcessContext<string, WithRates>): void {
    const text = `${n}${context.sideInputs.rates.get('a')}`;
    if (n % 2 === 0) context.output(text);
    else context.outputTagged(ODD, text);
  }
}

export const sideInputWithTaggedOutputs = conformanceCase((p) => {
  const { main: even, odd } = main(p).parDo('Split', () => new Split(), {
    outputs: [ODD],
    sideInputs: { rates: asMap(pairs(p)) },
  });
  PAssert.that(even).containsInAnyOrder(['21']);
  PAssert.that(odd).containsInAnyOrder(['11']);
});

class Tag implements DoFn<number, number> {
  process(n: number, context: ProcessContext<number>): void {
    if (n % 2 === 0) context.output(n);
    else context.outputTagged(ODD, `odd${n}`);
  }
}

export const taggedOutputAsASideInput = conformanceCase((p) => {
  const { main: even, odd } = p.create('Numbers', [1, 2, 3, 4]).parDo('Tag', () => new Tag(), { outputs: [ODD] });
  const seen = even.map('See', (n, { side }) => `${n}${sorted(side)}`, { sideInputs: { side: asIterable(odd) } });
  PAssert.that(seen).containsInAnyOrder(['2odd1odd3', '4odd1odd3']);
});

type WithLetters = { readonly sideInputs: { readonly side: SideInput<Iterable<string>> } };

/** Emits at the end of each bundle what the elements in it have seen. */
class Bundled implements DoFn<number, string, WithLetters> {
  private seen: string[] = [];
  startBundle(): void {
    this.seen = [];
  }
  process(n: number, context: ProcessContext<string, WithLetters>): void {
    this.seen.push(`${n}${sorted(context.sideInputs.side)}`);
  }
  finishBundle(context: FinishBundleContext<string>): void {
    for (const text of this.seen) context.output(text, 0, GlobalWindow.INSTANCE);
  }
}

export const sideInputWithBundles = conformanceCase((p) => {
  const seen = p.create('Main', [1, 2, 3]).parDo('Bundled', () => new Bundled(), {
    sideInputs: { side: asIterable(letters(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['1abc', '2abc', '3abc']);
});

export const sideInputFromOutsideOfAComposite = conformanceCase((p) => {
  const side = asList(letters(p));
  const seen = main(p).apply('Composite', (input) =>
    input.map('Before', (n) => n + 1).map('See', (n, { side: view }) => n * view.length, { sideInputs: { side } }),
  );
  PAssert.that(seen).containsInAnyOrder([6, 9]);
});

export const sideInputAfterAReshuffle = conformanceCase(
  (p) => {
    const seen = p
      .create('Main', [1, 2, 3, 4])
      .reshuffle('Spread')
      .map('See', (n, { side }) => `${n}${sorted(side)}`, {
        sideInputs: { side: asIterable(letters(p).reshuffle('SpreadLetters')) },
      });
    PAssert.that(seen).containsInAnyOrder(['1abc', '2abc', '3abc', '4abc']);
  },
  { requires: ['reshuffle'] },
);

export const stepsBesideASideInput = conformanceCase((p) => {
  const numbers = main(p).map('Before', (n) => n * 10);
  const with_ = numbers.map('See', (n, { side }) => `${n}${sorted(side)}`, {
    sideInputs: { side: asIterable(letters(p)) },
  });
  const without = numbers.map('Beside', (n) => n + 1);
  PAssert.that(with_.map('After', (text) => text.toUpperCase())).containsInAnyOrder(['10ABC', '20ABC']);
  PAssert.that(without).containsInAnyOrder([11, 21]);
});

export const sideInputInTheSameWindows = conformanceCase((p) => {
  const seen = at(p, 'Main', [1, 11, 12], fixedWindows(10)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(at(p, 'Side', [2, 5, 15, 25], fixedWindows(10))) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:25', '11:15', '12:15']);
});

export const sideInputInLongerWindows = conformanceCase((p) => {
  const seen = at(p, 'Main', [1, 11, 101], fixedWindows(10)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(at(p, 'Side', [2, 50, 150], fixedWindows(100))) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:250', '11:250', '101:150']);
});

export const sideInputInShorterWindows = conformanceCase((p) => {
  // The window of the side input that holds the last instant of the main window: [90, 100).
  const seen = at(p, 'Main', [1, 50], fixedWindows(100)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(at(p, 'Side', [5, 55, 95, 105], fixedWindows(10))) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:95', '50:95']);
});

export const sideInputInSlidingWindows = conformanceCase((p) => {
  // Of the windows that hold 9, the last instant of the main window, the earliest: [0, 10).
  const seen = at(p, 'Main', [1, 11], fixedWindows(10)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(at(p, 'Side', [2, 7, 12], slidingWindows(10, 5))) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:27', '11:12']);
});

export const mainInputInSlidingWindows = conformanceCase((p) => {
  // 7 stands in [0, 10) and [5, 15), whose last instants are 9 and 14.
  const seen = at(p, 'Main', [7], slidingWindows(10, 5)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(at(p, 'Side', [2, 12], fixedWindows(10))) },
  });
  PAssert.that(seen).containsInAnyOrder(['7:2', '7:12']);
});

export const windowedMainAndGlobalSideInput = conformanceCase((p) => {
  const seen = at(p, 'Main', [1, 11], fixedWindows(10)).map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(letters(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:abc', '11:abc']);
});

export const sideInputThatIsEmptyInSomeWindows = conformanceCase((p) => {
  const seen = at(p, 'Main', [1, 11, 21], fixedWindows(10)).map('See', (n, { side }) => `${n}:${side}`, {
    sideInputs: { side: asSingleton(at(p, 'Side', [15], fixedWindows(10)), { default: -1 }) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:-1', '11:15', '21:-1']);
});

export const windowedMapAsASideInput = conformanceCase((p) => {
  // The same key in two windows is no duplicate.
  const side = at(p, 'Side', [2, 15], fixedWindows(10)).keyBy('Key', () => 'k');
  const seen = at(p, 'Main', [1, 11], fixedWindows(10)).map('See', (n, { map }) => `${n}:${map.get('k')}`, {
    sideInputs: { map: asMap(side) },
  });
  PAssert.that(seen).containsInAnyOrder(['1:2', '11:15']);
});

export const windowedCombineAsASideInput = conformanceCase((p) => {
  const numbers = at(p, 'Numbers', [1, 2, 13], fixedWindows(10));
  const seen = numbers.map('See', (n, { total }) => `${n}of${total}`, {
    sideInputs: { total: asSingleton(numbers.combineGlobally('Total', sum())) },
  });
  PAssert.that(seen).containsInAnyOrder(['1of3', '2of3', '13of13']);
});

export const sideInputsWithDifferentWindows = conformanceCase((p) => {
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

export const windowsAndTimestampsStayBehindASideInput = conformanceCase((p) => {
  const counted = at(p, 'Main', [1, 2, 11], fixedWindows(10))
    .map('See', (_, { side }) => side, { sideInputs: { side: asSingleton(p.create('Side', ['x'])) } })
    .countPerElement()
    .map(({ value }) => value);
  PAssert.that(counted).containsInAnyOrder([1, 2]);
});

const MANY = 50_000;

export const largeMainThatWaitsForItself = conformanceCase((p) => {
  // Far more than the channels hold: what waits must not keep back what it waits for.
  const numbers = p.apply('Many', generateSequence({ from: 0, to: MANY }));
  const seen = numbers
    .map('See', (n, { count }) => (n < count ? 1 : 0), {
      sideInputs: { count: asSingleton(numbers.map('One', () => 1).combineGlobally('Count', sum())) },
    })
    .combineGlobally('Sum', sum());
  PAssert.that(seen).containsInAnyOrder([MANY]);
});

export const largeSideInput = conformanceCase((p) => {
  const numbers = p.apply('Many', generateSequence({ from: 0, to: MANY }));
  const seen = p.create('Main', [0, MANY - 1, MANY]).map('See', (n, { map, list }) => `${map.get(n)}/${list.length}`, {
    sideInputs: { map: asMap(numbers.keyBy('Key', (n) => n)), list: asList(numbers) },
  });
  PAssert.that(seen).containsInAnyOrder([`0/${MANY}`, `${MANY - 1}/${MANY}`, `undefined/${MANY}`]);
});
