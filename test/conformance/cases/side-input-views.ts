import { asIterable, asList, asMap, asMultimap } from 'millrace';
import { PAssert } from 'millrace/testing';
import { letters, main, prices, several, sideInputCase, sorted } from '../shapes/side-inputs.js';

export const sideIterable = sideInputCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${sorted(side)}`, {
    sideInputs: { side: asIterable(letters(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['1abc', '2abc']);
});

export const sideIterableTwice = sideInputCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${sorted(side)}${sorted(side)}`, {
    sideInputs: { side: asIterable(letters(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['1abcabc', '2abcabc']);
});

export const sideList = sideInputCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${side.length}${sorted([side[0], side[1], side[2]])}`, {
    sideInputs: { side: asList(letters(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['13abc', '23abc']);
});

export const sideMap = sideInputCase((p) => {
  const seen = p
    .create('Main', ['a', 'b', 'x'])
    .map('See', (key, { side }) => `${key}${side.get(key)}${side.has(key)}${side.size}`, {
      sideInputs: { side: asMap(prices(p)) },
    });
  PAssert.that(seen).containsInAnyOrder(['a1true2', 'b2true2', 'xundefinedfalse2']);
});

export const sideMapEntries = sideInputCase((p) => {
  const seen = main(p).map(
    'See',
    (n, { side }) =>
      `${n}${sorted(side.keys())}${sorted(side.values())}${sorted([...side].map(([k, v]) => `${k}=${v};`))}`,
    { sideInputs: { side: asMap(prices(p)) } },
  );
  PAssert.that(seen).containsInAnyOrder(['1ab12a=1;b=2;', '2ab12a=1;b=2;']);
});

export const sideMultimap = sideInputCase((p) => {
  const seen = p
    .create('Main', ['a', 'b', 'x'])
    .map('See', (key, { side }) => `${key}${sorted(side.get(key))}${side.has(key)}${side.size}`, {
      sideInputs: { side: asMultimap(several(p)) },
    });
  PAssert.that(seen).containsInAnyOrder(['a13true2', 'b2true2', 'xfalse2']);
});

export const sideMultimapEntries = sideInputCase((p) => {
  const seen = main(p).map(
    'See',
    (n, { side }) =>
      `${n}${sorted(side.keys())}${sorted([...side].map(([key, values]) => `${key}${sorted(values)};`))}`,
    { sideInputs: { side: asMultimap(several(p)) } },
  );
  PAssert.that(seen).containsInAnyOrder(['1aba13;b2;', '2aba13;b2;']);
});

export const sideMultimapOfManyKeysForOneElement = sideInputCase((p) => {
  const seen = p
    .create('Main', [['a', 'b'], ['x'], []])
    .map('See', (keys, { side }) => keys.map((key) => `${key}${sorted(side.get(key))}`).join(), {
      sideInputs: { side: asMultimap(several(p)) },
    });
  PAssert.that(seen).containsInAnyOrder(['a13,b2', 'x', '']);
});

export const sideMultimapWithKeysOfSeveralTypes = sideInputCase((p) => {
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

export const sideMapWithObjectsAsKeys = sideInputCase((p) => {
  const side = p.create('Side', [{ key: { shop: 'x', city: 'y' }, value: 'found' }]);
  const seen = main(p).map('See', (n, { side: view }) => `${n}${view.get({ city: 'y', shop: 'x' })}`, {
    sideInputs: { side: asMap(side) },
  });
  PAssert.that(seen).containsInAnyOrder(['1found', '2found']);
});

export const sideMapFromKeyBy = sideInputCase((p) => {
  const side = letters(p).keyBy('Code', (letter) => letter.charCodeAt(0));
  const seen = p.create('Main', [97, 99]).map('See', (code, { side: view }) => view.get(code), {
    sideInputs: { side: asMap(side) },
  });
  PAssert.that(seen).containsInAnyOrder(['a', 'c']);
});

export const sideMapOfTwoValuesToAKeyFails = sideInputCase(
  (p) => {
    main(p).map('See', (n, { rates }) => `${n}${rates.get('b')}`, { sideInputs: { rates: asMap(several(p)) } });
  },
  { fails: 'SIDE_INPUT_DUPLICATE_KEY', saying: ["'rates'", 'See', "'a'", 'asMultimap'] },
);
