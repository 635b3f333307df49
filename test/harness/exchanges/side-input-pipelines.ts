import {
  asIterable,
  asMap,
  asMultimap,
  definePipeline,
  fixedWindows,
  type KV,
  type PCollection,
  type Pipeline,
} from 'millrace';

import { goOn, pair, pairs } from './shapes.js';

const names = (p: Pipeline): PCollection<KV<string, string>> =>
  p.create('names', [
    { key: 'a', value: 'Ada' },
    { key: 'b', value: 'Barbara' },
    { key: 'a', value: 'Alan' },
  ]);

export const sideIterable = definePipeline({
  name: 'side-iterable',
  build(p) {
    goOn(
      p.create('main', [1, 2]).map('look', (n, { side }) => `${n} ${[...side].sort().join()}`, {
        sideInputs: { side: asIterable(p.create('letters', ['alpha', 'beta', 'gamma', 'delta'])) },
      }),
    );
  },
});

export const sideMultimap = definePipeline({
  name: 'side-multimap',
  build(p) {
    goOn(
      p
        .create('main', ['a', 'b', 'x'])
        .map('look', (key, { side }) => `${key} ${[...side.get(key)].sort().join()} ${side.has(key)}`, {
          sideInputs: { side: asMultimap(names(p)) },
        }),
    );
  },
});

/** All keys, then what each has. */
export const sideKeys = definePipeline({
  name: 'side-keys',
  build(p) {
    goOn(
      p.create('main', [1]).map('look', (_, { side }) => [...side.keys()].sort().join(), {
        sideInputs: { side: asMultimap(names(p)) },
      }),
    );
  },
});

export const sideMap = definePipeline({
  name: 'side-map',
  build(p) {
    const side = p.create('side', [pair('a', 1), pair('b', 2)]);
    goOn(
      p.create('main', ['a', 'x']).map('look', (key, { side: map }) => `${key} ${map.get(key)} ${map.size}`, {
        sideInputs: { side: asMap(side) },
      }),
    );
  },
});

/** Windows of the main input look at windows of the side input. */
export const sideWindows = definePipeline({
  name: 'side-windows',
  build(p) {
    const side = pairs(p, pair('early', 1), pair('late', 12)).windowInto('side windows', fixedWindows(10));
    goOn(
      p
        .create('main', [3, 13, 23], { timestamps: [3, 13, 23] })
        .windowInto('main windows', fixedWindows(10))
        .map('look', (n, { side: view }) => `${n} ${[...view].map(({ key }) => key).join()}`, {
          sideInputs: { side: asIterable(side) },
        }),
    );
  },
});
