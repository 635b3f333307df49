import { definePipeline, option } from 'millrace';
import { double, int64, struct } from 'millrace/coders';
import { countAndSumPerKey } from './count-and-sum.js';

/** With an accumulator that is declared. */
export default definePipeline({
  name: 'w3',
  options: { events: option.integer({ description: 'how many records', default: 50_000 }) },
  build: (p, { events }) => countAndSumPerKey(p, events, struct({ count: int64(), sum: double() })),
});
