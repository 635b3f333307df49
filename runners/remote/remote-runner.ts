import type { PipelineHandle, PipelineRunner, Program } from '../../sdk/model/index.js';
import { refuseUnsupported } from '../../sdk/model/unsupported.js';
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
      refuseUnsupported('remote', program.plan, checkRemote(program.plan));
      const { submit } = await withPeers(() => import('./submit.js'));
      return await submit(program, options);
    },
  };
}
