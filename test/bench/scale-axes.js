import {
  afterCount,
  buildPlan,
  create,
  definePipeline,
  fixedWindows,
  generateSequence,
  repeatedly,
  sessionWindows,
  slidingWindows,
} from 'millrace';
import { createDirectRunner } from 'millrace/runners';
import { ReadersSource } from './scale-source.js';

/** @typedef {import('./scale-axes.d.ts').Axis} Axis */
/** @typedef {import('millrace').Pipeline} Pipeline */

/** @param {Pipeline} p @param {number} size */
const numbers = (p, size) => p.apply('numbers', generateSequence({ to: size, timestampFn: (n) => n }));

/** A whole number below `bound` that looks like any other. @param {number} n @param {number} bound */
const scattered = (n, bound) => (Math.imul(n ^ (n >>> 15), 0x2c1b3c6d) >>> 0) % bound;

/** Numbers whose times are in no order, so that nothing fires before the end. @param {Pipeline} p */
const unordered = (p, size, time) =>
  p.apply('numbers', generateSequence({ to: size, timestampFn: () => 0 })).withTimestamps('times', time);

const same = (n) => n;

/**
 * What may grow, and a pipeline that grows with it: three sizes, each ten times the one before, and the work that the time
 * is divided by, so that the cost should stay.
 *
 * @type {{ readonly [name: string]: Axis }}
 */
export const AXES = {
  data: {
    what: 'elements through three steps and a count of 1,000 keys',
    sizes: [20_000, 200_000, 2_000_000],
    work: same,
    build: (p, size) =>
      numbers(p, size)
        .map('twice', (n) => n * 2)
        .filter('most', (n) => n % 10 !== 0)
        .keyBy('key', (n) => n % 1_000)
        .countPerKey('count'),
  },
  keys: {
    what: 'keys, ten elements each, in one window',
    sizes: [5_000, 50_000, 500_000],
    work: (size) => size * 10,
    build: (p, size) =>
      numbers(p, size * 10)
        .keyBy('key', (n) => `key ${scattered(n, size)}`)
        .countPerKey('count'),
  },
  'hot-key': {
    what: 'cold keys, one element each, and as many elements of one hot key',
    sizes: [5_000, 50_000, 500_000],
    work: (size) => size * 2,
    build: (p, size) =>
      numbers(p, size * 2)
        .keyBy('key', (n) => (n % 2 === 0 ? 'hot' : `key ${n}`))
        .groupByKey('group')
        .map('values', ({ value }) => [...value].length),
  },
  'windows-in-order': {
    what: 'fixed windows that open and close, ten keys each',
    sizes: [500, 5_000, 50_000],
    work: (size) => size * 10,
    build: (p, size) =>
      numbers(p, size * 10)
        .windowInto('windows', fixedWindows(10))
        .keyBy('key', (n) => n % 10)
        .countPerKey('count'),
  },
  'windows-at-once': {
    what: 'fixed windows that are all open, elements in no order',
    sizes: [500, 5_000, 50_000],
    work: (size) => size * 10,
    build: (p, size) =>
      unordered(p, size * 10, (n) => scattered(n, size) * 10)
        .windowInto('windows', fixedWindows(10))
        .keyBy('key', (n) => n % 10)
        .countPerKey('count'),
  },
  'windows-precombined': {
    what: 'the same, folded before an exchange between two tasks',
    sizes: [500, 5_000, 50_000],
    work: (size) => size * 10,
    parallelism: 2,
    build: (p, size) =>
      unordered(p, size * 10, (n) => scattered(n, size) * 10)
        .windowInto('windows', fixedWindows(10))
        .keyBy('key', (n) => n % 10)
        .countPerKey('count'),
  },
  'keys-windows': {
    what: 'cells of up to 10,000 keys in 1,000 fixed windows',
    sizes: [10_000, 100_000, 1_000_000, 10_000_000],
    work: same,
    build(p, size) {
      const keys = Math.min(10_000, size / 100);
      numbers(p, size)
        .windowInto('windows', fixedWindows(keys))
        .keyBy('key', (n) => n % keys)
        .countPerKey('count');
    },
  },
  'keys-sliding': {
    what: 'cells of up to 1,000 keys in sliding windows, each element in four',
    sizes: [10_000, 100_000, 1_000_000],
    work: same,
    build(p, size) {
      const keys = Math.min(1_000, size / 100);
      numbers(p, size)
        .windowInto('windows', slidingWindows(4 * keys, keys))
        .keyBy('key', (n) => n % keys)
        .countPerKey('count');
    },
  },
  'windows-of-element': {
    what: 'sliding windows that each element is in, ten thousand elements of ten keys',
    sizes: [4, 40, 400],
    work: (size) => size * 10_000,
    build: (p, size) =>
      numbers(p, 10_000)
        .windowInto('windows', slidingWindows(size * 10, 10))
        .keyBy('key', (n) => n % 10)
        .countPerKey('count'),
  },
  'windows-of-element-late': {
    what: 'the same without slices',
    sizes: [4, 40, 400],
    work: (size) => size * 10_000,
    build: (p, size) =>
      numbers(p, 10_000)
        .windowInto('windows', slidingWindows(size * 10, 10), { allowedLateness: 1, accumulation: 'discarding' })
        .keyBy('key', (n) => n % 10)
        .countPerKey('count'),
  },
  'keys-sessions': {
    what: 'sessions of 1,000 keys, one after the other, ten elements each',
    sizes: [1_000, 10_000, 100_000],
    work: (size) => size * 10,
    build: (p, size) =>
      // A session of each key in turn; its next one begins when all the others have had theirs.
      numbers(p, size * 10)
        .windowInto('windows', sessionWindows(50))
        .keyBy('key', (n) => Math.floor(n / 10) % 1_000)
        .countPerKey('count'),
  },
  'sessions-backwards': {
    what: 'open sessions of one key, the newest element first',
    sizes: [100, 1_000, 10_000],
    work: (size) => size * 10,
    build: (p, size) =>
      unordered(p, size * 10, (n) => (size * 10 - n) * 10)
        .windowInto('windows', sessionWindows(5))
        .keyBy('key', () => 'only')
        .countPerKey('count'),
  },
  'sessions-scattered': {
    what: 'open sessions of one key, ten elements each, in no order',
    sizes: [100, 1_000, 10_000],
    work: (size) => size * 10,
    build: (p, size) =>
      unordered(p, size * 10, (n) => scattered(n, size) * 1_000 + (n % 10))
        .windowInto('windows', sessionWindows(50))
        .keyBy('key', () => 'only')
        .countPerKey('count'),
  },
  'sessions-triggered': {
    what: 'open sessions of one key under a trigger that counts, ten elements each, in no order',
    sizes: [100, 1_000, 10_000],
    work: (size) => size * 10,
    build: (p, size) =>
      unordered(p, size * 10, (n) => scattered(n, size) * 1_000 + (n % 10))
        .windowInto('windows', sessionWindows(50), {
          trigger: repeatedly(afterCount(3)),
          accumulation: 'discarding',
        })
        .keyBy('key', () => 'only')
        .countPerKey('count'),
  },
  'sessions-merging': {
    what: 'sessions of one key that the last elements join to one',
    sizes: [100, 1_000, 10_000],
    work: (size) => size * 2,
    build: (p, size) =>
      unordered(p, size * 2, (n) => (n < size ? n * 20 : (n - size) * 20 + 10))
        .windowInto('windows', sessionWindows(15))
        .keyBy('key', () => 'only')
        .countPerKey('count'),
  },
  steps: {
    what: 'steps that 2,000 elements go through, fused; the pipeline is built too',
    sizes: [20, 200, 2_000],
    work: same,
    build(p, size) {
      let made = numbers(p, 2_000);
      for (let i = 0; i < size; i++) made = made.map(`step ${i}`, (n) => n + 1);
    },
  },
  'steps-unnamed': {
    what: 'the same chain, of steps that nobody named',
    sizes: [20, 200, 2_000],
    work: same,
    build(p, size) {
      let made = numbers(p, 2_000);
      for (let i = 0; i < size; i++) made = made.map((n) => n + 1);
    },
  },
  exchanges: {
    what: 'exchanges, so tasks, that 20,000 elements go through',
    sizes: [5, 50, 500],
    work: same,
    build(p, size) {
      let made = numbers(p, 20_000);
      for (let i = 0; i < size; i++) made = made.reshuffle(`exchange ${i}`).map(`step ${i}`, (n) => n + 1);
    },
  },
  groups: {
    what: 'counts one after the other of 1,000 keys',
    sizes: [2, 20, 200],
    work: same,
    build(p, size) {
      let made = numbers(p, 1_000);
      for (let i = 0; i < size; i++) {
        made = made
          .keyBy(`key ${i}`, same)
          .countPerKey(`count ${i}`)
          .map(`number ${i}`, ({ key }) => key);
      }
    },
  },
  branches: {
    what: 'branches that read one collection of 10,000 elements',
    sizes: [5, 50, 500],
    work: same,
    build(p, size) {
      const all = numbers(p, 10_000);
      for (let i = 0; i < size; i++) all.map(`branch ${i}`, (n) => n + i);
    },
  },
  flattened: {
    what: 'sources of 2,000 elements that are read as one',
    sizes: [5, 50, 500],
    work: same,
    build(p, size) {
      const all = Array.from({ length: size }, (_, i) =>
        p.apply(`numbers ${i}`, generateSequence({ to: 2_000, timestampFn: same })),
      );
      all[0].flatten('all', ...all.slice(1)).map('end', same);
    },
  },
  'elements-of-element': {
    what: 'elements that each of ten comes to, made lazily',
    sizes: [2_000, 20_000, 200_000],
    work: (size) => size * 10,
    build: (p, size) =>
      p
        .apply('ten', create([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
        .flatMap('many', function* (n) {
          for (let i = 0; i < size; i++) yield n + i;
        })
        .map('end', same),
  },
  readers: {
    what: 'partitions of one source, all open, 2,000 records each',
    sizes: [10, 100, 1_000],
    work: (size) => size * 2_000,
    build: (p, size) => p.read('readers', () => new ReadersSource(false, 2_000), size).map('end', same),
  },
  'readers-slow': {
    what: 'the same with partitions that have one record whenever they are asked, 200 each',
    sizes: [10, 100, 1_000],
    work: (size) => size * 200,
    build: (p, size) => p.read('readers', () => new ReadersSource(false, 200, 1), size).map('end', same),
  },
  files: {
    what: 'pieces of one source, one after the other, ten records each',
    sizes: [500, 5_000, 50_000],
    work: same,
    build: (p, size) => p.read('files', () => new ReadersSource(true, 10), size).map('end', same),
  },
};

/** Builds the pipeline of a size and runs it to its end. @param {Axis} axis @param {number} size */
export async function runAxis(axis, size) {
  const definition = definePipeline({ name: 'scale', build: (p) => void axis.build(p, size) });
  const { plan, resolver } = buildPlan(definition, { inline: true });
  const handle = await createDirectRunner({ parallelism: axis.parallelism ?? 1 }).run({ plan, resolver });
  const { state, error } = await handle.wait();
  if (state !== 'DONE') throw new Error(`${axis.what}: ended as ${state}: ${error?.message}`);
}
