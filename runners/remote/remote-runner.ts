import {
  MillraceError,
  type PipelineHandle,
  type PipelineRunner,
  type Plan,
  type Program,
  type Unsupported,
} from '../../sdk/model/index.js';
import { withPeers } from '../beam/peers.js';
import { checkRemote } from './check.js';
import type { RemoteRunnerOptions } from './options.js';

/**
 * Runs plans on an engine that speaks Beam's Job API (Apache Flink, Prism, Spark), with our harness as the workers.
 * gRPC and protobuf are loaded when a plan is run, not before.
 */
export function createRemoteRunner(options: RemoteRunnerOptions): PipelineRunner {
  return {
    name: 'remote',
    check: checkRemote,
    async run(program: Program): Promise<PipelineHandle> {
      refuse(program.plan, checkRemote(program.plan));
      const { submit } = await withPeers(() => import('./submit.js'));
      return await submit(program, options);
    },
  };
}

/** Everything in one error, before anything starts. */
function refuse(plan: Plan, unsupported: readonly Unsupported[]): void {
  if (unsupported.length === 0) return;
  const lines = unsupported.map(
    ({ feature, steps }) => `\n  - ${feature}${steps.length > 0 ? ` (${steps.join(', ')})` : ''}`,
  );
  throw new MillraceError(
    'PLAN_UNSUPPORTED',
    'plan',
    `the remote runner cannot run the plan '${plan.name}':${lines.join('')}`,
    { hint: 'choose another runner, or leave these out' },
  );
}
