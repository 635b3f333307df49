import { fileURLToPath } from 'node:url';
import { bundleModule, createDirectRunner, loadProgram } from 'millrace/runners';

/** The first ones warm the engine up. */
const UNCOUNTED_RUNS = 2;

/** Nanoseconds of CPU time that each of `options.events` elements costs on one thread, in the best of so many runs of a workload. */
export async function elementCost(workload, options, runs) {
  const bundle = await bundleModule(fileURLToPath(new URL(`workloads/${workload}.ts`, import.meta.url)));
  const program = await loadProgram({ bundle, options });
  const runner = createDirectRunner();
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage();
    const result = await (await runner.run(program)).wait();
    if (result.state !== 'DONE') throw new Error(`${options.shape} ended as ${result.state}: ${result.error?.message}`);
    const { user, system } = process.cpuUsage(before);
    if (run >= UNCOUNTED_RUNS) best = Math.min(best, ((user + system) * 1000) / options.events);
  }
  return best;
}
