import { createWorkerThreadsRunner } from '#millrace/runners/worker-threads/index.js';
import { WORKER_THREADS } from './subjects.js';
import { conformance, type Subject } from './suite.js';

function onThreads(threads: number): Subject {
  // One runner for all cases, so that threads are used again, by many pipelines of one program.
  const runner = createWorkerThreadsRunner({ threads });
  return {
    ...WORKER_THREADS,
    title: threads === 1 ? 'one worker thread' : `${threads} worker threads`,
    run: async (program) => (await runner.run(program)).wait(),
  };
}

const { differs: _, ...oneThread } = onThreads(1);
conformance(oneThread);
conformance(onThreads(2));
conformance(onThreads(4));
