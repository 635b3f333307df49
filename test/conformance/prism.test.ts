import { describeWithService } from '../support/services/describe-with-service.js';
import { PRISM } from './subjects.js';
import { conformance } from './suite.js';

/** Every job is another worker of one pool, so a case costs what its bundles cost. */
describeWithService('prism', 'the remote runner', (prism) => {
  conformance({
    ...PRISM,
    casesToJob: 10,
    jobsAtATime: 3,
    budgetMs: 180_000,
    timeoutMs: 90_000,
    takes: ({ exactPanes }) => !exactPanes,
    run: (program) => prism().run(program),
  });
});
