/** What tests of pipelines are written with: `millrace/testing`. */
import { buildPlan, definePipeline, type Pipeline } from '../sdk/index.js';
import { MillraceError, type PipelineResult, type Plan } from '../sdk/model/index.js';
import { verifyAssertions } from '../sdk/testing/index.js';
import { createDirectRunner, type DirectRunnerOptions } from './direct/direct-runner.js';

export * from '../sdk/testing/index.js';
export { type Clock, VirtualClock } from './dataflow/index.js';
export { DoFnTester, type DoFnTestOptions, type ElementPlace, type Emitted, testDoFn } from './testing/test-do-fn.js';

/**
 * Builds a pipeline in place and runs it on the direct runner, always through its JSON form. Throws what the pipeline
 * failed with; an assertion that never ran is a failure too.
 *
 * ```ts
 * await testPipeline((p) => {
 *   const doubled = p.create('Numbers', [1, 2]).map((n) => n * 2);
 *   PAssert.that(doubled).containsInAnyOrder([2, 4]);
 * });
 * ```
 */
export async function testPipeline(
  build: (p: Pipeline) => void,
  options: DirectRunnerOptions = {},
): Promise<PipelineResult> {
  const definition = definePipeline({ name: 'test-pipeline', build: (p) => build(p) });
  const { plan, resolver } = buildPlan(definition, { options: {}, environment: {}, inline: true });
  const parsed = JSON.parse(JSON.stringify(plan)) as Plan;
  const handle = await createDirectRunner(options).run({ plan: parsed, resolver });
  const result = verifyAssertions(parsed, await handle.wait());
  if (result.error !== undefined) throw MillraceError.fromEnvelope(result.error);
  return result;
}
