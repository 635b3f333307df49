/**
 * A kernel thread: loads the job's plan and the author's code, then runs bundles as the I/O thread sends them. Messages
 * are worked through in order; a bundle waits for nothing but its own input.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { loadProgram } from '../program/load.js';
import { BundleRunner, envelopeOf } from './bundle-runner.js';
import { type JobProgram, NO_FUNCTIONS, readPlan } from './job-program.js';
import type { FromKernel, KernelThreadData, ToKernel } from './thread-messages.js';

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
  const waiting: ToKernel[] = [];
  let wake: (() => void) | undefined;
  port?.on('message', (message: ToKernel) => {
    waiting.push(message);
    wake?.();
  });
  let runner: BundleRunner;
  try {
    runner = new BundleRunner(await load(workerData as KernelThreadData), post);
  } catch (error) {
    post({ kind: 'broken', error: envelopeOf(error) });
    port?.close();
    return;
  }
  post({ kind: 'ready' });
  for (;;) {
    const message = waiting.shift();
    if (message === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    await runner.receive(message);
    if (message.kind === 'close') break;
  }
  port?.close();
}

await main();
