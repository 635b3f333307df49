/// <reference lib="es2024.sharedmemory" />
/** Pipelines that end in a sink that is shut at first, and count what was asked for and what has arrived. */
import { BroadcastChannel, getEnvironmentData, isMainThread, threadId } from 'node:worker_threads';
import {
  create,
  type DoFn,
  definePipeline,
  fixedWindows,
  generateSequence,
  option,
  type PCollection,
  type Pipeline,
} from 'millrace';

/** Counters and the valve, as the test hands them to all threads before it starts any. */
const cells = new Int32Array(
  (getEnvironmentData('slow-sink') as SharedArrayBuffer | undefined) ?? new SharedArrayBuffer(12),
);
const ASKED = 0;
const ARRIVED = 1;
const IS_OPEN = 2;

/** Tells that this thread is there, and then, whenever it is asked, that it has come round to its event loop. */
const rounds = new BroadcastChannel('slow-sink');
rounds.unref();
if (!isMainThread) {
  // Threads hear each other too: only the question is answered.
  rounds.onmessage = (event) => {
    if ((event as { data: unknown }).data === null) rounds.postMessage(threadId);
  };
  rounds.postMessage(threadId);
}

function asked<T>(value: T): T {
  Atomics.add(cells, ASKED, 1);
  return value;
}

async function passed(): Promise<void> {
  const waiting = Atomics.waitAsync(cells, IS_OPEN, 0);
  if (waiting.async) await waiting.value;
}

class SlowBundles implements DoFn<unknown, never> {
  process(): void {
    Atomics.add(cells, ARRIVED, 1);
  }
  finishBundle(): Promise<void> {
    return passed();
  }
}

const SINKS = {
  'slow calls': (input: PCollection<unknown>): void => {
    input.mapAsync('slow', passed, { concurrency: 4 }).map('arrived', () => {
      Atomics.add(cells, ARRIVED, 1);
    });
  },
  'slow bundles': (input: PCollection<unknown>): void => {
    input.parDo('slow', () => new SlowBundles());
  },
};

/** Large enough that the memory between two threads holds a few thousand. */
const PADDING = 'x'.repeat(200);

const lines = (p: Pipeline, size: number): PCollection<string> =>
  p.apply('numbers', generateSequence({ to: size, timestampFn: asked })).map('lines', (n) => PADDING + n);

const same = <T>(value: T): T => value;

const SHAPES = {
  exchanges: (p: Pipeline, size: number) => lines(p, size).reshuffle('one').map('same', same).reshuffle('two'),
  group: (p: Pipeline, size: number) =>
    // Both halves begin at the same time: what one reader is ahead of another is state, which nothing bounds.
    p
      .apply('numbers', generateSequence({ to: size, timestampFn: (n) => asked(n % (size / 2)) }))
      .windowInto('windows', fixedWindows(1_000))
      .map('pairs', (n) => ({ key: n % 100, value: PADDING + n }))
      .groupByKey('group')
      .flatMap('values', ({ value }) => value),

  explosion: (p: Pipeline, size: number) =>
    p
      .apply('seeds', create([0, 1]))
      .reshuffle('deal')
      .flatMap('many', (seed) => everySecond(seed, size))
      .map('lines', (n) => PADDING + n)
      .reshuffle('exchange'),
  branches: (p: Pipeline, size: number) => {
    const all = lines(p, size);
    all.reshuffle('fast').map('read', same);
    return all.reshuffle('slower');
  },
};

function* everySecond(from: number, to: number): Generator<number> {
  for (let n = from; n < to; n += 2) yield asked(n);
}

export type Shape = keyof typeof SHAPES;
export type Sink = keyof typeof SINKS;

export default definePipeline({
  name: 'slow-sink',
  options: {
    shape: option.choice(['exchanges', 'group', 'explosion', 'branches']),
    sink: option.choice(['slow calls', 'slow bundles']),
    size: option.integer(),
  },
  build(p, { shape, sink, size }) {
    SINKS[sink](SHAPES[shape](p, size));
  },
});
