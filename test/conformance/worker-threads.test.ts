import { createWorkerThreadsRunner, type WorkerThreadsRunnerOptions } from '#millrace/runners/worker-threads/index.js';
import { conformance, type Subject } from './suite.js';

function threads(name: string, options: WorkerThreadsRunnerOptions): Subject {
  // One runner for all cases, so that threads are used again, by many pipelines of one program.
  const runner = createWorkerThreadsRunner(options);
  return {
    name,
    supports: ['async', 'reshuffle', 'unbounded'],
    run: async (program) => (await runner.run(program)).wait(),
  };
}

/** With several tasks, an element is late or not depending on when the watermarks of the others arrive. */
const LATENESS_IS_A_RACE = 'the watermarks of parallel sources race with the elements';
const differs = {
  lateDataIsDroppedAndCounted: LATENESS_IS_A_RACE,
  lateDataWithinTheAllowedLateness: LATENESS_IS_A_RACE,
};

conformance(threads('one worker thread', { threads: 1 }));
conformance({ ...threads('two worker threads', { threads: 2 }), differs });
conformance({ ...threads('four worker threads', { threads: 4 }), differs });
