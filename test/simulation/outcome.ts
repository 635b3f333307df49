import { buildPlan, MillraceError, type PipelineResult, type PipelineRunner, type Plan, type Program } from 'millrace';
import { type Built, buildScenario, type Form } from './build-scenario.js';
import { simulation } from './program.js';
import type { Scenario } from './scenario.js';

/** By collection, what was seen of it and how often; and by step, how much was dropped because it was late. */
export type Outcome = Readonly<Record<string, readonly string[]>>;

/** A scenario as a program, with what is known of its collections; undefined where the plan is refused. */
export function programOf(
  runner: PipelineRunner,
  scenario: Scenario,
  form: Form,
): { program: Program; built: readonly Built[] } | undefined {
  let built: readonly Built[] = [];
  const definition = {
    ...simulation,
    build: (p: Parameters<typeof buildScenario>[0]) => (built = buildScenario(p, scenario, form)),
  };
  const options = { scenario: JSON.stringify(scenario), form };
  try {
    const { plan, resolver } = buildPlan(definition as unknown as typeof simulation, { options, inline: true });
    if (runner.check(plan).length > 0) return undefined;
    return { program: { plan: JSON.parse(JSON.stringify(plan)) as Plan, resolver } as Program, built };
  } catch (error) {
    if (error instanceof MillraceError && error.code.startsWith('PLAN_')) return undefined;
    throw error;
  }
}

export async function outcomeOf(runner: PipelineRunner, program: Program): Promise<Outcome> {
  return outcomeIn(await (await runner.run(program)).wait());
}

function outcomeIn(result: PipelineResult): Outcome {
  if (result.error !== undefined) throw MillraceError.fromEnvelope(result.error);
  const outcome: Record<string, string[]> = {};
  for (const { step, name, value } of result.metrics) {
    if (typeof value !== 'number' || value === 0) continue;
    const collection = /(?:^|\/)See ([^/]*)$/.exec(step)?.[1];
    if (collection === undefined) continue;
    outcome[collection] = [...(outcome[collection] ?? []), `${name} ×${value}`];
  }
  for (const lines of Object.values(outcome)) lines.sort();
  return outcome;
}
