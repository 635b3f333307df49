import { createWorkerThreadsRunner } from '#millrace/runners/worker-threads/index.js';
import { DrainSignal } from './drain-signal.js';
import { WORKER_THREADS } from './subjects.js';
import { conformance, type Subject } from './suite.js';

function onThreads(threads: number): Subject {
  // One runner for all cases, so that threads are used again, by many pipelines of one program.
  let signal = new DrainSignal();
  const runner = createWorkerThreadsRunner({ threads, log: (record) => signal.log(record) });
  return {
    ...WORKER_THREADS,
    title: threads === 1 ? 'one worker thread' : `${threads} worker threads`,
    run: async (program) => (await runner.run(program)).wait(),
    drained: async (program) => {
      signal = new DrainSignal();
      return await signal.drain(await runner.run(program));
    },
  };
}

const { differs: _, ...oneThread } = onThreads(1);
conformance(oneThread);
conformance(onThreads(2));
conformance(onThreads(4));
