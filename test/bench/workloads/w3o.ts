import { definePipeline, option } from 'millrace';
import { countAndSumPerKey } from './count-and-sum.js';

/** With an accumulator of which nothing is known. */
export default definePipeline({
  name: 'w3o',
  options: { events: option.integer({ description: 'how many records', default: 50_000 }) },
  build: (p, { events }) => countAndSumPerKey(p, events),
});
