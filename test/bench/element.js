#!/usr/bin/env node
// What an element costs on one thread, step by step: CPU nanoseconds for each of the elements that the source makes, and how
// many of them come on top of the source and of a map that computes a key.
//   npm run bench:element -- [--elements 1000000] [--repeats 5] [--shapes 'map;four maps']
// Every shape is a process of its own, in turn, whose first two runs do not count; the median of the repeats' best runs.
import { parseArgs } from 'node:util';
import { elementCost } from './element-cost.js';
import { median } from './median.js';
import { inOwnProcess } from './own-process.js';

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

const costOf = (shape) => inOwnProcess(import.meta.url, ['--one', shape, '--elements', values.elements]);

if (values.one !== undefined) {
  const cost = await elementCost('element', { events: Number(values.elements), shape: values.one }, RUNS);
  process.stdout.write(`${cost}\n`);
} else {
  const shapes = values.shapes.split(';');
  const unknown = shapes.filter((shape) => !SHAPES.includes(shape));
  if (unknown.length > 0) {
    process.stderr.write(`no such shape: ${unknown.join('; ')}\nshapes: ${SHAPES.join('; ')}\n`);
    process.exit(2);
  }
  const figures = new Map(shapes.map((shape) => [shape, []]));
  for (let repeat = 0; repeat < Number(values.repeats); repeat++)
    for (const shape of shapes) figures.get(shape).push(await costOf(shape));
  const rows = [...figures].map(([shape, ns]) => `| ${shape} | ${median(ns).toFixed(0)} |`);
  process.stdout.write(`${['| pipeline | CPU ns an element |', '| --- | --- |', ...rows].join('\n')}\n`);
}
