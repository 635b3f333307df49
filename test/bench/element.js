#!/usr/bin/env node
// What an element costs on one thread, step by step: CPU nanoseconds for each of the elements that the source makes, and how
// many of them come on top of the source and of a map that computes a key.
//   npm run bench:element -- [--elements 1000000] [--repeats 5] [--shapes 'map;four maps']
// Every shape is a process of its own, in turn, whose first two runs do not count; the median of the repeats' best runs.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { bundleModule, createDirectRunner, loadProgram } from 'millrace/runners';

const SHAPES = [
  ...['source', 'map', 'four maps', 'filter that drops all', 'flatMap to lists of two', 'DoFn with bundles'],
  ...['queue (reshuffle)', 'fixed windows', 'sum globally', 'count by 1,000 integers', 'count by 1,000 strings'],
  ...['count by 1,000 pairs', 'mean by 1,000 integers', 'the same, declared', 'mean by 500,000 integers'],
  ...['the same, declared (many keys)', 'group by 1,000 integers', 'count by 1,000 in fixed windows of 10 s'],
  ...['count by 1,000 in sliding windows of 10 s every 1 s', 'count by 1,000 in sessions'],
];
const RUNS = 6;

const { values } = parseArgs({
  options: {
    elements: { type: 'string', default: '1000000' },
    repeats: { type: 'string', default: '5' },
    shapes: { type: 'string', default: SHAPES.join(';') },
    one: { type: 'string' },
  },
});

if (values.one !== undefined) {
  process.stdout.write(`${await bestOf(values.one, Number(values.elements))}\n`);
} else {
  const shapes = values.shapes.split(';');
  const unknown = shapes.filter((shape) => !SHAPES.includes(shape));
  if (unknown.length > 0) {
    process.stderr.write(`no such shape: ${unknown.join('; ')}\nshapes: ${SHAPES.join('; ')}\n`);
    process.exit(2);
  }
  const figures = new Map(shapes.map((shape) => [shape, []]));
  for (let repeat = 0; repeat < Number(values.repeats); repeat++)
    for (const shape of shapes) figures.get(shape).push(await inProcess(shape));
  const rows = [...figures].map(([shape, ns]) => `| ${shape} | ${median(ns).toFixed(0)} |`);
  process.stdout.write(`${['| pipeline | CPU ns an element |', '| --- | --- |', ...rows].join('\n')}\n`);
}

async function inProcess(shape) {
  const self = fileURLToPath(import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, [self, '--one', shape, '--elements', values.elements]);
  return Number(stdout);
}

/** Nanoseconds of CPU time for an element in the best run. */
async function bestOf(shape, elements) {
  const bundle = await bundleModule(fileURLToPath(new URL('workloads/element.ts', import.meta.url)));
  const program = await loadProgram({ bundle, options: { events: elements, shape } });
  const runner = createDirectRunner();
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    const result = await (await runner.run(program)).wait();
    if (result.state !== 'DONE') throw new Error(`${shape} ended as ${result.state}: ${result.error?.message}`);
    const { user, system } = process.cpuUsage(before);
    if (run >= 2) best = Math.min(best, ((user + system) * 1000) / elements);
  }
  return best;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
