import {
  MILLRACE_ENVIRONMENT,
  MillraceError,
  type NodeEnvironmentPayload,
  type PipelineHandle,
  type Program,
} from '../../sdk/model/index.js';
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
  mustHaveItsBundle(program);
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
    const [canDrain] = await Promise.all([
      client.canDrain(),
      stageArtifacts(job.stagingEndpoint, job.stagingToken, files.artifacts),
    ]);
    const jobId = await client.run(job);
    return new RemoteJob({
      plan,
      client,
      jobId,
      canDrain,
      log,
      deadlineMs: options.deadlineMs,
      workersGone: pool?.ended,
      cleanup,
    });
  } catch (error) {
    await cleanup();
    throw error;
  }
}

/** Workers find functions in the bundle alone; a plan that names one and comes without it could only fail there. */
function mustHaveItsBundle({ plan, bundle }: Program): void {
  for (const { urn, payload } of Object.values(plan.components.environments)) {
    const wanted =
      urn === MILLRACE_ENVIRONMENT.node ? (payload as NodeEnvironmentPayload | undefined)?.bundle : undefined;
    if (wanted === undefined || wanted === bundle?.sha256) continue;
    throw new MillraceError(
      'REMOTE_NO_BUNDLE',
      'plan',
      bundle === undefined
        ? `the plan's functions are in the bundle ${wanted}, which is not here`
        : `the bundle is ${bundle.sha256}, the plan was made with ${wanted}`,
      { hint: 'run the module itself, or the plan from the folder that holds its bundle' },
    );
  }
}
