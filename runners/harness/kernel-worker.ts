/**
 * A kernel thread: loads the job's plan and the author's code, then runs bundles as the I/O thread sends them. A bundle
 * waits for nothing but its own input.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { loadProgram } from '../program/load.js';
import { BundleRunner } from './bundle-runner.js';
import { envelopeOf } from './envelope.js';
import { type JobProgram, NO_FUNCTIONS, readPlan } from './job-program.js';
import { StatePort } from './state-port.js';
import type { FromKernel, KernelThreadData, StateWay, ToKernel } from './thread-messages.js';

const port = parentPort;
if (port === null) throw new Error('kernel-worker.js is the entry of a worker thread');

const post = (message: FromKernel, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, [...transfer]);

async function load({ job }: KernelThreadData): Promise<JobProgram> {
  const plan = await readPlan(job.planPath);
  if (job.bundle === undefined) return { plan, resolver: NO_FUNCTIONS };
  const { resolver } = await loadProgram({ bundle: job.bundle, expectedPlan: plan });
  return { plan, resolver };
}

async function main(): Promise<void> {
  const early: ToKernel[] = [];
  let take = (message: ToKernel): void => {
    early.push(message);
  };
  port?.on('message', (message: ToKernel) => take(message));
  const { state, ...data } = workerData as KernelThreadData & { readonly state: StateWay };
  const statePort = new StatePort(state.port, state.answers);
  let runner: BundleRunner;
  try {
    runner = new BundleRunner(await load(data), post, statePort);
  } catch (error) {
    post({ kind: 'broken', error: envelopeOf(error) });
    port?.close();
    statePort.close();
    return;
  }
  post({ kind: 'ready' });
  take = (message) => {
    if (message.kind !== 'close') runner.receive(message);
    else
      runner.close().finally(() => {
        port?.close();
        statePort.close();
      });
  };
  for (const message of early) take(message);
}

await main();
