import { fileURLToPath } from 'node:url';
import type { JsonValue, PipelineHandle, PipelineResult, Program } from 'millrace';
import { bundleModule } from '#millrace/runners/program/bundle.js';
import { loadProgram } from '#millrace/runners/program/load.js';
import { createWorkerThreadsRunner, type WorkerThreadsRunnerOptions } from '#millrace/runners/worker-threads/index.js';

/** Bundles a module of `../programs` and builds the plan of one of its pipelines. */
export async function openProgram(
  file: string,
  options: { readonly [name: string]: JsonValue } = {},
  exportName?: string,
): Promise<Program> {
  const { path, sha256 } = await bundleModule(fileURLToPath(new URL(`../programs/${file}`, import.meta.url)));
  return loadProgram({ bundle: { path, sha256 }, options, exportName });
}

export function start(program: Program, options: WorkerThreadsRunnerOptions): Promise<PipelineHandle> {
  return createWorkerThreadsRunner(options).run(program);
}

export async function run(program: Program, options: WorkerThreadsRunnerOptions): Promise<PipelineResult> {
  return (await start(program, options)).wait();
}

/** The counters of a step, by name. */
export function countersOf(result: PipelineResult, step: string): Record<string, number> {
  const own = result.metrics.filter((metric) => metric.step === step);
  return Object.fromEntries(
    own.flatMap((metric) => (metric.kind === 'counter' ? [[metric.name, metric.value] as const] : [])).sort(),
  );
}
