import type { Disturbance } from '#millrace/runners/dataflow/index.js';
import { createDirectRunner, type DirectRunnerOptions } from '#millrace/runners/direct/direct-runner.js';
import { divided } from './disturb/divided-work.js';
import { oneKeyEach, reversed, shuffled } from './disturb/rearrange.js';
import { restoredAgainAndAgain, triedBefore } from './disturb/replaced-operator.js';
import { restoredSideInputs } from './disturb/replaced-side-inputs.js';
import { DrainSignal } from './drain-signal.js';
import { DIRECT } from './subjects.js';
import { conformance, type Subject } from './suite.js';

const direct = (title: string, options: DirectRunnerOptions): Subject => ({
  ...DIRECT,
  title,
  run: async (program) => (await createDirectRunner(options).run(program)).wait(),
  drained: async (program) => {
    const signal = new DrainSignal();
    return await signal.drain(await createDirectRunner({ ...options, log: signal.log }).run(program));
  },
});

const disturbed = (how: string, disturbance: Disturbance, options: DirectRunnerOptions = {}): Subject =>
  direct(`direct, ${how}`, { ...options, disturbance });

const AS_WHOLE = 'it says in which order its work is done, or how much of it is left';

const SAYS_WHAT_IS_SPLIT = {
  drainTruncatesAsTheFunctionSays: AS_WHOLE,
  drainTruncatesBoundedWorkToo: AS_WHOLE,
  watermarkGoesOnWithTheRest: AS_WHOLE,
  stateOfAnEstimatorGoesOn: AS_WHOLE,
  monotonicWatermarkFiresWindows: AS_WHOLE,
  progressOfTheWork: AS_WHOLE,
  claimsComeInOrder: AS_WHOLE,
};

const IN_MEMORY = 'callbacks are in memory, and gone with the operator that was given them';

const KEEPS_CALLBACKS = {
  callbacksAreCalledOnce: IN_MEMORY,
  callbacksBesideOneThatThrows: IN_MEMORY,
  callbacksBehindAGrouping: IN_MEMORY,
  callbacksOfFinishBundleAreCalled: IN_MEMORY,
  callbacksOfASplittableAreCalled: IN_MEMORY,
};

const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 32));

conformance(direct('direct', {}));
conformance(direct('direct, interpreted', { form: 'interpreted' }));
conformance(direct('direct, three tasks a stage', { parallelism: 3 }));
conformance(disturbed('unfused', { unfused: true }));
conformance(disturbed('one element to a bundle', { bundleElements: 1 }, { batchCapacity: 1 }));
conformance(disturbed('one key to a bundle', { rearrange: oneKeyEach, bundleElements: 1 }));
conformance(disturbed('last element first', { rearrange: reversed }));
conformance(disturbed(`shuffled by MILLRACE_SEED=${seed}`, { rearrange: shuffled(seed), unfused: true }));
conformance(disturbed('every bundle tried before', { replace: triedBefore }, { batchCapacity: 3 }));
conformance({
  ...disturbed('sources split while they read', { source: divided }, { batchCapacity: 2 }),
  leavesOut: SAYS_WHAT_IS_SPLIT,
});
conformance({
  ...disturbed(
    'restored at every watermark and barrier',
    { replace: restoredAgainAndAgain, replaceSideInputs: restoredSideInputs, barriers: true, unfused: true },
    { batchCapacity: 2 },
  ),
  leavesOut: KEEPS_CALLBACKS,
});
