import {
  bagState,
  combiningState,
  eventTimer,
  fixedWindows,
  type KV,
  type PCollection,
  type Pipeline,
  sum,
  valueState,
} from 'millrace';
import { stringUtf8Coder } from 'millrace/coders';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** State and timers together: buffers, counters, timers that set each other. */

const requires = ['state', 'timers'] as const;
const SIZE = 3;
const LETTERS = [...'abcdefgh'];

const buffering = {
  state: { buffer: bagState({ coder: stringUtf8Coder() }) },
  timers: { rest: eventTimer() },
};

/** Emits three letters of a key at a time; what is left a while after its last letter. */
function buffered<K>(input: PCollection<KV<K, string>>): PCollection<string[]> {
  return input.parDo<string[], typeof buffering>(
    'Buffer',
    () => ({
      process({ value }, { state, timers, timestamp, output }) {
        state.buffer.add(value);
        const held = [...state.buffer.read()];
        if (held.length >= SIZE) {
          state.buffer.clear();
          output(held);
        } else timers.rest.set(timestamp + 1);
      },
      onTimer: {
        rest: ({ state, output }) => {
          const held = [...state.buffer.read()];
          state.buffer.clear();
          if (held.length > 0) output(held);
        },
      },
    }),
    buffering,
  );
}

/** All of them came, three at a time at most, and some so; in groups of one parity where `byParity`. */
const inBuffers = (byParity: boolean) => (seen: readonly string[][]) => {
  const parity = (letter: string) => letter.charCodeAt(0) % 2;
  if (seen.flat().sort().join('') !== LETTERS.join('')) throw new Error(`they are ${JSON.stringify(seen)}`);
  if (Math.max(...seen.map(({ length }) => length)) !== SIZE) throw new Error(`no ${SIZE} in ${JSON.stringify(seen)}`);
  for (const letters of byParity ? seen : [])
    if (new Set(letters.map(parity)).size > 1) throw new Error(`${letters} of two windows`);
};

const letters = (p: Pipeline): PCollection<string> =>
  p.create('Letters', LETTERS, { timestamps: LETTERS.map((letter) => (letter.charCodeAt(0) % 2) * 10) });

export const bufferWithATimer = conformanceCase(
  (p) => PAssert.that(buffered(letters(p).keyBy(() => 'key'))).satisfies(inBuffers(false)),
  { requires },
);

export const bufferOfStructuredKeys = conformanceCase(
  (p) => PAssert.that(buffered(letters(p).keyBy(() => ({ of: ['a', 1n], at: null })))).satisfies(inBuffers(false)),
  { requires },
);

export const bufferInWindows = conformanceCase(
  (p) => {
    const inWindows = letters(p)
      .windowInto(fixedWindows(10))
      .keyBy(() => 'key');
    PAssert.that(buffered(inWindows)).satisfies(inBuffers(true));
  },
  { requires },
);

const indexing = { state: { index: combiningState(sum()), last: valueState({ coder: stringUtf8Coder() }) } };

export const indexWithinAKey = conformanceCase(
  (p) => {
    const indexed = p
      .create('Pairs', ['Aa', 'Aa', 'Bb', 'Bb', 'Bb'])
      .map('Key', ([key, value]) => ({ key: key!, value: value! }))
      .parDo<string, typeof indexing>(
        'Index',
        () => ({
          process({ key, value }, { state, output }) {
            state.index.add(1);
            state.last.write(`${value}:${state.index.read()}`);
            output(`${key}${value} ${state.index.read()} ${state.last.read()}`);
          },
        }),
        indexing,
      );
    PAssert.that(indexed).containsInAnyOrder(['Aa 1 a:1', 'Aa 2 a:2', 'Bb 1 b:1', 'Bb 2 b:2', 'Bb 3 b:3']);
  },
  { requires: ['state'] },
);
