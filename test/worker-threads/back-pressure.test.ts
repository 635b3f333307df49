import { BroadcastChannel, setEnvironmentData } from 'node:worker_threads';
import type { PipelineHandle } from 'millrace';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deadline } from '../support/deadline.js';
import type { Shape, Sink } from './programs/slow-sink.js';
import { openProgram, start } from './support/run-program.js';

const THREADS = 2;
const SIZE = 200_000;
/** Eight batches in each of a dozen channels at most, and a bundle in each task of a sink. */
const MOST = 120_000;
/** Rounds in which nothing moves. A thread may be busy for some with what was asked for long before. */
const STILL = 100;

interface Started {
  readonly handle: PipelineHandle;
  asked(): number;
  arrived(): number;
  open(): void;
  /** Settles when every thread has been in its event loop. */
  round(): Promise<void>;
}

async function run(shape: Shape, sink: Sink): Promise<Started> {
  const cells = new Int32Array(new SharedArrayBuffer(12));
  setEnvironmentData('slow-sink', cells.buffer);
  const rounds = new BroadcastChannel('slow-sink');
  onTestFinished(() => rounds.close());
  const answers = new Set<number>();
  let answered = (): void => {};
  rounds.onmessage = (event) => {
    answers.add((event as { data: number }).data);
    if (answers.size === THREADS) answered();
  };
  const all = (): Promise<void> => {
    answers.clear();
    return new Promise((resolve) => {
      answered = resolve;
    });
  };
  const program = await openProgram('slow-sink.ts', { shape, sink, size: SIZE });
  const present = all();
  const handle = await start(program, { threads: THREADS });
  onTestFinished(async () => {
    handle.cancel();
    await handle.wait();
  });
  await deadline(present, 20_000, 'the start of the threads');
  return {
    handle,
    asked: () => Atomics.load(cells, 0),
    arrived: () => Atomics.load(cells, 1),
    open: () => {
      Atomics.store(cells, 2, 1);
      Atomics.notify(cells, 2);
    },
    round: () => {
      const done = all();
      rounds.postMessage(null);
      return done;
    },
  };
}

/** How many elements were asked for when nothing goes on any more. A thread that has work does some in every round. */
async function standstill({ asked, round }: Started): Promise<number> {
  let before = -1;
  for (let same = 0; same < STILL; ) {
    await round();
    same = asked() === before && before > 0 ? same + 1 : 0;
    before = asked();
  }
  return before;
}

describe.each(['slow calls', 'slow bundles'] as const)('%s in a sink of worker threads', (sink) => {
  it.each(['exchanges', 'group', 'explosion', 'branches'] as const)(
    'stop what stands before them until it goes on: %s',
    async (shape) => {
      const started = await run(shape, sink);
      const held = await deadline(standstill(started), 20_000, 'the threads');
      expect(held).toBeLessThan(MOST);
      started.open();
      const result = await deadline(started.handle.wait(), 20_000, 'the pipeline');
      expect(result.error).toBeUndefined();
      expect(started.arrived()).toBe(SIZE);
    },
  );
});
