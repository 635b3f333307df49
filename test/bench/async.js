#!/usr/bin/env node
// mapAsync beside a bare pool of promises: every row in a fresh process, rows interleaved, medians of warm runs.
//   npm run bench:async -- [--elements 2000000] [--repeats 5] [--reps 3] [--rows 'ordered, 100;bare pool of 100']
import { parseArgs } from 'node:util';
import { ROWS, runRow } from './async-rows.js';
import { median } from './median.js';
import { inOwnProcess } from './own-process.js';

const { values } = parseArgs({
  options: {
    elements: { type: 'string', default: '2000000' },
    repeats: { type: 'string', default: '5' },
    reps: { type: 'string', default: '3' },
    rows: { type: 'string', default: Object.keys(ROWS).join(';') },
    one: { type: 'string' },
  },
});

if (values.one !== undefined) {
  const figures = await runRow(values.one, Number(values.elements), Number(values.reps));
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} else {
  const names = values.rows.split(';').map((name) => name.trim());
  const unknown = names.filter((name) => ROWS[name] === undefined);
  if (unknown.length > 0) {
    process.stderr.write(`no such row: ${unknown.join('; ')}\nrows: ${Object.keys(ROWS).join('; ')}\n`);
    process.exit(2);
  }
  const runs = new Map(names.map((name) => [name, []]));
  for (let repeat = 0; repeat < Number(values.repeats); repeat++)
    for (const name of names) runs.get(name).push(await figuresOf(name));
  process.stdout.write(`${table(runs)}\n`);
}

function figuresOf(name) {
  return inOwnProcess(import.meta.url, ['--one', name, '--elements', values.elements, '--reps', values.reps]);
}

function table(runs) {
  const lines = [...runs].map(([name, figures]) => {
    const cpuNs = figures.map(({ cpuUs, elements }) => (cpuUs * 1000) / elements);
    const perSecond = figures.map(({ wallUs, elements }) => elements / wallUs);
    const spread = (Math.max(...cpuNs) - Math.min(...cpuNs)) / median(cpuNs);
    return `| ${name} | ${median(cpuNs).toFixed(0)} | ${(spread * 100).toFixed(0)} % | ${(1000 / median(cpuNs)).toFixed(1)} | ${median(perSecond).toFixed(1)} |`;
  });
  return ['| row | CPU ns/element | spread | M/CPU s | M/s |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}
