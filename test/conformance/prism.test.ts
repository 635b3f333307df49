import { describeWithService } from '../support/services/describe-with-service.js';
import { conformance } from './suite.js';

const LATE = 'an engine learns how far a source has come when its bundle ends, so that nothing in one bundle is late';

/** Every job is another worker of one pool, so a case costs what its bundles cost. */
describeWithService('prism', 'the remote runner', (prism) => {
  conformance({
    name: 'Prism',
    supports: ['async', 'reshuffle', 'unbounded'],
    differs: {
      sessionsThatTouchStayApart: 'Prism merges sessions that touch; in Beam they end where the next one begins',
      lateDataIsDroppedAndCounted: LATE,
      lateDataWithinTheAllowedLateness: LATE,
    },
    run: (program) => prism().run(program),
  });
});
