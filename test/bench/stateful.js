#!/usr/bin/env node
// What a DoFn with state costs beside combinePerKey, on one thread: CPU nanoseconds for each of the elements.
//   npm run bench:stateful -- [--elements 4000000] [--keys '1000;1000000'] [--repeats 5]
// Every shape is a process of its own, in turn, whose first two runs do not count; medians of the repeats' best runs, and
// the median of how the shapes of one repeat compare.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { bundleModule, createDirectRunner, loadProgram } from 'millrace/runners';

const SHAPES = ['keyed only', 'combinePerKey', 'counter in state', 'running counter in state'];
const RUNS = 5;

const { values } = parseArgs({
  options: {
    elements: { type: 'string', default: '4000000' },
    keys: { type: 'string', default: '1000;1000000' },
    repeats: { type: 'string', default: '5' },
    shapes: { type: 'string', default: SHAPES.join(';') },
    one: { type: 'string' },
  },
});

if (values.one !== undefined) {
  process.stdout.write(`${await bestOf(values.one, Number(values.elements), Number(values.keys))}\n`);
} else {
  for (const keys of values.keys.split(';')) process.stdout.write(`${await table(keys, values.shapes.split(';'))}\n\n`);
}

async function table(keys, shapes) {
  const figures = new Map(shapes.map((shape) => [shape, []]));
  for (let repeat = 0; repeat < Number(values.repeats); repeat++)
    for (const shape of shapes) figures.get(shape).push(await inProcess(shape, keys));
  const combine = figures.get('combinePerKey');
  const rows = [...figures].map(([shape, ns]) => {
    const speed = combine === undefined ? '' : median(ns.map((each, i) => combine[i] / each)).toFixed(2);
    return `| ${shape} | ${median(ns).toFixed(1)} | ${speed} |`;
  });
  return [`| ${keys} keys | CPU ns an element | speed, × combinePerKey |`, '| --- | --- | --- |', ...rows].join('\n');
}

async function inProcess(shape, keys) {
  const self = fileURLToPath(import.meta.url);
  const args = [self, '--one', shape, '--elements', values.elements, '--keys', keys];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return Number(stdout);
}

/** Nanoseconds of CPU time for an element in the best run. */
async function bestOf(shape, elements, keys) {
  const bundle = await bundleModule(fileURLToPath(new URL('workloads/stateful.ts', import.meta.url)));
  const program = await loadProgram({ bundle, options: { events: elements, keys, shape } });
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
