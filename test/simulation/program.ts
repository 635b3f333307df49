import { definePipeline, option } from 'millrace';
import { buildScenario, type Form } from './build-scenario.js';
import type { Scenario } from './scenario.js';

/** The pipeline of a scenario, which any process can build again. */
export const simulation = definePipeline({
  name: 'simulation',
  options: { scenario: option.string(), form: option.string({ default: 'stream' }) },
  build(p, { scenario, form }) {
    buildScenario(p, JSON.parse(scenario) as Scenario, form as Form);
  },
});
