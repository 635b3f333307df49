import ordinary from '../../../vitest.config.js';

/** What `npm run generate:exchanges` runs. */
export default { ...ordinary, test: { ...ordinary.test, include: ['test/harness/exchanges/record.ts'] } };
