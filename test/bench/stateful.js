#!/usr/bin/env node
// What a DoFn with state costs beside combinePerKey, on one thread: CPU nanoseconds for each of the elements.
//   npm run bench:stateful -- [--elements 4000000] [--keys '1000;1000000'] [--repeats 5]
// Every shape is a process of its own, in turn, whose first two runs do not count; medians of the repeats' best runs, and
// the median of how the shapes of one repeat compare.
import { parseArgs } from 'node:util';
import { elementCost } from './element-cost.js';
import { median } from './median.js';
import { inOwnProcess } from './own-process.js';

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
  const options = { events: Number(values.elements), keys: Number(values.keys), shape: values.one };
  process.stdout.write(`${await elementCost('stateful', options, RUNS)}\n`);
} else {
  for (const keys of values.keys.split(';')) process.stdout.write(`${await table(keys, values.shapes.split(';'))}\n\n`);
}

async function table(keys, shapes) {
  const figures = new Map(shapes.map((shape) => [shape, []]));
  for (let repeat = 0; repeat < Number(values.repeats); repeat++)
    for (const shape of shapes) figures.get(shape).push(await costOf(shape, keys));
  const combine = figures.get('combinePerKey');
  const rows = [...figures].map(([shape, ns]) => {
    const speed = combine === undefined ? '' : median(ns.map((each, i) => combine[i] / each)).toFixed(2);
    return `| ${shape} | ${median(ns).toFixed(1)} | ${speed} |`;
  });
  return [`| ${keys} keys | CPU ns an element | speed, × combinePerKey |`, '| --- | --- | --- |', ...rows].join('\n');
}

function costOf(shape, keys) {
  return inOwnProcess(import.meta.url, ['--one', shape, '--elements', values.elements, '--keys', keys]);
}
