import type { PipelineHandle, Program } from '../../sdk/model/index.js';
import { toBeam } from '../beam/to-beam.js';
import { engineOptions } from './engine-options.js';
import { JobClient } from './job-client.js';
import { writeJobFiles } from './job-files.js';
import type { RemoteRunnerOptions } from './options.js';
import { type PoolProcess, startPoolProcess } from './pool-process.js';
import { preparePlan } from './prepare-plan.js';
import { RemoteJob } from './remote-job.js';
import { stageArtifacts } from './staging.js';

/** Hands a program to an engine: prepare, stage, run. What was begun is taken back when a step of that fails. */
export async function submit(program: Program, options: RemoteRunnerOptions): Promise<PipelineHandle> {
  const log = options.log ?? (() => undefined);
  const undo: (() => Promise<void>)[] = [];
  const cleanup = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const client = new JobClient(options.endpoint);
    undo.push(async () => client.close());
    await client.ready();
    const files = await writeJobFiles(program);
    undo.push(() => files.remove());
    let pool: PoolProcess | undefined;
    if (options.workerPool === undefined) {
      pool = await startPoolProcess(log);
      undo.push(pool.stop);
    }
    const environment = {
      endpoint: options.workerPool ?? (pool as PoolProcess).endpoint,
      token: options.workerPoolToken,
      artifacts: files.artifacts,
    };
    const plan = preparePlan(program.plan);
    const job = await client.prepare(
      plan.name,
      toBeam(plan, { environment }),
      engineOptions({ job_name: plan.name, ...options.engineOptions }),
    );
    await stageArtifacts(job.stagingEndpoint, job.stagingToken, files.artifacts);
    const jobId = await client.run(job);
    return new RemoteJob({ client, jobId, log, deadlineMs: options.deadlineMs, workersGone: pool?.ended, cleanup });
  } catch (error) {
    await cleanup();
    throw error;
  }
}
