import { definePipeline, option, type PipelineDefinition } from 'millrace';
import { casesIn } from './case.js';
import * as modules from './cases.js';

/** Several cases as one pipeline, each under its own name: where a job costs more than what is in it. */
export const together: PipelineDefinition = definePipeline({
  name: 'conformance-together',
  options: { cases: option.strings({ description: 'names of cases' }) },
  build(p, { cases }) {
    const known = casesIn(modules);
    for (const name of cases) p.apply(name, () => known.get(name)!.build(p, ''));
  },
});
