import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Disturbance } from '#millrace/runners/dataflow/index.js';
import { createDirectRunner, type DirectRunnerOptions } from '#millrace/runners/direct/direct-runner.js';
import { bundleModule } from '#millrace/runners/program/bundle.js';
import { loadProgram } from '#millrace/runners/program/load.js';
import { createWorkerThreadsRunner } from '#millrace/runners/worker-threads/index.js';
import { divided } from '../conformance/disturb/divided-work.js';
import { oneKeyEach, reversed, shuffled } from '../conformance/disturb/rearrange.js';
import { restoredAgainAndAgain, triedBefore } from '../conformance/disturb/replaced-operator.js';
import { restoredSideInputs } from '../conformance/disturb/replaced-side-inputs.js';
import { batchModel } from './batch-model.js';
import type { Built, Certainty } from './build-scenario.js';
import { type Outcome, outcomeOf, programOf } from './outcome.js';
import { firingOnce, scenarios } from './scenario.js';

/** Repeats a run: MILLRACE_SEED; makes it longer: MILLRACE_SIMULATIONS. */
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env.MILLRACE_SIMULATIONS ?? 24);

interface Way {
  readonly how: string;
  readonly options: DirectRunnerOptions;
  /** Whether elements of a key keep their order. */
  readonly keepsOrder: boolean;
}

const disturbed = (
  how: string,
  keepsOrder: boolean,
  disturbance: Disturbance,
  options: DirectRunnerOptions = {},
): Way => ({
  how,
  keepsOrder,
  options: { ...options, disturbance },
});

const WAYS: readonly Way[] = [
  { how: 'interpreted', keepsOrder: true, options: { form: 'interpreted' } },
  { how: 'three tasks a stage', keepsOrder: false, options: { parallelism: 3 } },
  disturbed('unfused', true, { unfused: true }),
  disturbed('one element to a bundle', true, { bundleElements: 1 }, { batchCapacity: 1 }),
  disturbed('one key to a bundle', false, { rearrange: oneKeyEach, bundleElements: 1 }),
  disturbed('last element first', false, { rearrange: reversed }),
  disturbed('shuffled', false, { rearrange: shuffled(seed), unfused: true }),
  disturbed('every bundle tried before', true, { replace: triedBefore }, { batchCapacity: 3 }),
  disturbed('sources split while they read', true, { source: divided }, { batchCapacity: 2 }),
  disturbed(
    'restored at every watermark and barrier',
    true,
    { replace: restoredAgainAndAgain, replaceSideInputs: restoredSideInputs, barriers: true, unfused: true },
    { batchCapacity: 2 },
  ),
];

/** Of an outcome what is known of it. */
function known(built: readonly Built[], kinds: readonly Certainty[], outcome: Outcome): Outcome {
  const sure = built.filter(({ certainty }) => kinds.includes(certainty));
  return Object.fromEntries(sure.map(({ name }) => [name, outcome[name] ?? []]));
}

describe(`random pipelines, MILLRACE_SEED=${seed}`, { timeout: 600_000 }, () => {
  it('come to the same however they are disturbed', async () => {
    const plain = createDirectRunner();
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const made = programOf(plain, scenario, 'stream');
        fc.pre(made !== undefined);
        const { program, built } = made;
        const expected = await outcomeOf(plain, program);
        for (const { how, options, keepsOrder } of WAYS) {
          const kinds: readonly Certainty[] = keepsOrder ? ['always', 'inOrder'] : ['always'];
          const outcome = await outcomeOf(createDirectRunner(options), program);
          expect(known(built, kinds, outcome), how).toEqual(known(built, kinds, expected));
        }
      }),
      { seed, numRuns },
    );
  });

  it('come to what a slow model does, where everything is there and every window fires once', async () => {
    const direct = createDirectRunner();
    await fc.assert(
      fc.asyncProperty(scenarios.map(firingOnce), async (scenario) => {
        const made = programOf(direct, scenario, 'bounded');
        fc.pre(made !== undefined);
        const model = batchModel(scenario);
        const outcome = await outcomeOf(direct, made.program);
        expect(Object.fromEntries(Object.keys(model).map((name) => [name, outcome[name] ?? []]))).toEqual(model);
      }),
      { seed, numRuns: 3 * numRuns },
    );
  });

  it('come to the same on several threads', async () => {
    const direct = createDirectRunner();
    const threads = [2, 4].map((count) => createWorkerThreadsRunner({ threads: count }));
    const bundle = await bundleModule(fileURLToPath(new URL('./program.ts', import.meta.url)));
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const made = programOf(direct, scenario, 'bounded');
        fc.pre(made !== undefined);
        const expected = known(made.built, ['always'], await outcomeOf(direct, made.program));
        const options = { scenario: JSON.stringify(scenario), form: 'bounded' };
        const program = await loadProgram({ bundle, exportName: 'simulation', options });
        for (const runner of threads)
          expect(known(made.built, ['always'], await outcomeOf(runner, program))).toEqual(expected);
      }),
      { seed, numRuns: Math.ceil(numRuns / 6) },
    );
  });
});
