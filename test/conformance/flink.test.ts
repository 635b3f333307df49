import { describeWithService } from '../support/services/describe-with-service.js';
import { FLINK } from './subjects.js';
import { conformance } from './suite.js';

/**
 * The batch core: a job costs seconds whatever is in it, and a thread for each of its stages; so cases share jobs, and those that
 * must fail, which would each need one, are left to Prism.
 */
describeWithService('flink', 'the remote runner', (flink) => {
  conformance({
    ...FLINK,
    casesToJob: 10,
    timeoutMs: 180_000,
    takes: ({ fails, alone, requires }) =>
      fails === undefined && !alone && requires.every((requirement) => FLINK.supports.includes(requirement)),
    run: (program) => flink().run(program, 150_000),
  });
});
