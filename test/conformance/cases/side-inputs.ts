import { asIterable, asList, asMap, asMultimap, asSingleton, generateSequence, type PCollection, sum } from 'millrace';
import { PAssert } from 'millrace/testing';
import { letters, main, nothing, prices, several, sideInputCase, sorted } from '../shapes/side-inputs.js';

export const sideInputThatIsNotLookedAt = sideInputCase((p) => {
  const seen = main(p).map('See', (n) => n, { sideInputs: { rate: asSingleton(letters(p)), map: asMap(several(p)) } });
  PAssert.that(seen).containsInAnyOrder([1, 2]);
});

export const sideInputsOfNothing = sideInputCase((p) => {
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

export const sideInputOfAnEmptyMain = sideInputCase((p) => {
  const seen = nothing(p).map('See', (letter, { side }) => `${letter}${sorted(side)}`, {
    sideInputs: { side: asIterable(p.create('Side', [1])) },
  });
  PAssert.that(seen).containsInAnyOrder([]);
});

export const twoSideInputs = sideInputCase((p) => {
  const seen = main(p).map('See', (n, { some, map }) => `${n}${sorted(some)}${map.get('b')}`, {
    sideInputs: { some: asIterable(letters(p)), map: asMap(prices(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['1abc2', '2abc2']);
});

export const oneCollectionAsTwoSideInputs = sideInputCase((p) => {
  const side = prices(p);
  const seen = main(p).map('See', (n, { list, map }) => `${n}${list.length}${map.get('a')}`, {
    sideInputs: { list: asList(side), map: asMap(side) },
  });
  PAssert.that(seen).containsInAnyOrder(['121', '221']);
});

export const oneSideInputOfTwoSteps = sideInputCase((p) => {
  const side = asList(letters(p));
  const first = main(p).map('First', (n, { side: view }) => n * view.length, { sideInputs: { side } });
  const second = first.map('Second', (n, { side: view }) => n + view.length, { sideInputs: { side } });
  PAssert.that(second).containsInAnyOrder([6, 9]);
});

export const sideAndMainFromOneCollection = sideInputCase((p) => {
  const numbers = p.create('Numbers', [1, 2, 3]);
  const seen = numbers.map('See', (n, { all }) => `${n}of${sorted(all)}`, { sideInputs: { all: asIterable(numbers) } });
  PAssert.that(seen).containsInAnyOrder(['1of123', '2of123', '3of123']);
});

export const sideInputDependencies = sideInputCase((p) => {
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

export const sideInputOfAStepWithASideInput = sideInputCase((p) => {
  const inner = letters(p).map('Inner', (letter, { n }) => letter.repeat(n), {
    sideInputs: { n: asSingleton(p.create('Two', [2])) },
  });
  const seen = main(p).map('Outer', (n, { side }) => `${n}${sorted(side)}`, {
    sideInputs: { side: asIterable(inner) },
  });
  PAssert.that(seen).containsInAnyOrder(['1aabbcc', '2aabbcc']);
});

export const stepsBesideASideInput = sideInputCase((p) => {
  const numbers = main(p).map('Before', (n) => n * 10);
  const with_ = numbers.map('See', (n, { side }) => `${n}${sorted(side)}`, {
    sideInputs: { side: asIterable(letters(p)) },
  });
  const without = numbers.map('Beside', (n) => n + 1);
  PAssert.that(with_.map('After', (text) => text.toUpperCase())).containsInAnyOrder(['10ABC', '20ABC']);
  PAssert.that(without).containsInAnyOrder([11, 21]);
});

const MANY = 20_000;

export const largeMainThatWaitsForItself = sideInputCase((p) => {
  // Far more than the channels hold: what waits must not keep back what it waits for.
  const numbers = p.apply('Many', generateSequence({ from: 0, to: MANY }));
  const seen = numbers
    .map('See', (n, { count }) => (n < count ? 1 : 0), {
      sideInputs: { count: asSingleton(numbers.map('One', () => 1).combineGlobally('Count', sum())) },
    })
    .combineGlobally('Sum', sum());
  PAssert.that(seen).containsInAnyOrder([MANY]);
});

export const largeSideInput = sideInputCase((p) => {
  const numbers = p.apply('Many', generateSequence({ from: 0, to: MANY }));
  const seen = p.create('Main', [0, MANY - 1, MANY]).map('See', (n, { map, list }) => `${map.get(n)}/${list.length}`, {
    sideInputs: { map: asMap(numbers.keyBy('Key', (n) => n)), list: asList(numbers) },
  });
  PAssert.that(seen).containsInAnyOrder([`0/${MANY}`, `${MANY - 1}/${MANY}`, `undefined/${MANY}`]);
});
