import { createDirectRunner, type DirectRunnerOptions } from '#millrace/runners/direct/direct-runner.js';
import { conformance, type Subject } from './suite.js';

const direct = (name: string, options: DirectRunnerOptions): Subject => ({
  name,
  supports: ['async', 'reshuffle', 'unbounded'],
  run: async (program) => (await createDirectRunner(options).run(program)).wait(),
});

conformance(direct('direct', {}));
conformance(direct('direct, interpreted', { form: 'interpreted' }));
conformance(direct('direct, one element to a batch', { batchCapacity: 1 }));
conformance(direct('direct, three tasks a stage', { parallelism: 3 }));
