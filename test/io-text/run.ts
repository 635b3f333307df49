import { buildPlan, definePipeline, type LogRecord, type Pipeline, type PipelineResult } from 'millrace';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';

/** Builds a pipeline, sends its plan through JSON, and runs it to its end in this process. */
export async function run(
  build: (p: Pipeline) => void,
  options: { readonly parallelism?: number; readonly logs?: LogRecord[] } = {},
): Promise<PipelineResult> {
  const definition = definePipeline({ name: 'test', build: (p) => build(p) });
  const { plan, resolver } = buildPlan(definition, { options: {}, inline: true });
  const { logs, ...rest } = options;
  const runner = createDirectRunner({ ...rest, log: (record) => logs?.push(record) });
  const handle = await runner.run({ plan: JSON.parse(JSON.stringify(plan)), resolver });
  return handle.wait();
}
