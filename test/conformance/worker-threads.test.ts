import { createWorkerThreadsRunner, type WorkerThreadsRunnerOptions } from '#millrace/runners/worker-threads/index.js';
import { conformance, type Subject } from './suite.js';

const threads = (name: string, options: WorkerThreadsRunnerOptions): Subject => ({
  name,
  supports: ['async', 'reshuffle', 'unbounded'],
  run: async (program) => (await createWorkerThreadsRunner(options).run(program)).wait(),
});

conformance(threads('one worker thread', { threads: 1 }));
conformance(threads('two worker threads', { threads: 2 }));
conformance(threads('four worker threads', { threads: 4 }));
