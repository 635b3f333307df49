import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleModule, createDirectRunner, createWorkerThreadsRunner, loadProgram } from 'millrace/runners';

/** @param {string} file */
const here = (file) => fileURLToPath(new URL(file, import.meta.url));

const RUNNERS = {
  direct: () => createDirectRunner(),
  'worker-threads': (threads) => createWorkerThreadsRunner({ threads }),
};

/**
 * Runs one workload `reps` times in this process. `seconds` is the first run and `seconds_warm` the last, each from the
 * runner's start to the end of the pipeline: planning, threads and the loading of their code included, bundling not.
 * CPU seconds are those of all threads of the process.
 */
export async function measure({ work, size, runner, parallelism, reps }) {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'millrace-bench-'));
  try {
    const options = work === 'W1' ? await wordOptions(size, scratch) : { events: size };
    const program = await loadProgram({
      bundle: await bundleModule(here(`workloads/${work.toLowerCase()}.ts`)),
      options,
    });
    const runnerUsed = RUNNERS[runner](parallelism);
    const repeats = [];
    let result;
    for (let i = 0; i < reps; i++) {
      const cpu = process.cpuUsage();
      const start = performance.now();
      const handle = await runnerUsed.run(program);
      result = await handle.wait();
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      repeats.push({ seconds: round(seconds), cpu_seconds: round((user + system) / 1e6) });
      if (result.state !== 'DONE') throw new Error(`${work} ended as ${result.state}: ${result.error?.message}`);
    }
    const events = work === 'W1' ? counter(result, 'words') : size;
    return {
      peer: `millrace-${runner}`,
      work,
      size,
      parallelism,
      events,
      seconds: repeats[0].seconds,
      ...(reps > 1 && { seconds_warm: repeats.at(-1).seconds, cpu_seconds_warm: repeats.at(-1).cpu_seconds }),
      events_per_second: Math.round(events / repeats[0].seconds),
      checksum: checksumOf(result),
      out_count: counter(result, 'out_count'),
      repeats,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function wordOptions(megabytes, scratch) {
  // The generator is TypeScript as the workloads are, and takes the same way.
  const { path: bundled } = await bundleModule(here('words.ts'));
  const { wordsFile } = await import(pathToFileURL(bundled).href);
  return { input: wordsFile(megabytes), output: path.join(scratch, 'words.txt') };
}

function counter(result, name) {
  return result.metrics.filter((metric) => metric.name === name).reduce((sum, { value }) => sum + value, 0);
}

function checksumOf(result) {
  const sum = (counter(result, 'checksum_low') + counter(result, 'checksum_high') * 2 ** 16) % 2 ** 32;
  return sum.toString(16).padStart(8, '0');
}

function round(seconds) {
  return Number(seconds.toFixed(4));
}
