#!/usr/bin/env node
// Millrace beside its peers: every row in a fresh process, rows interleaved, medians, checksums verified.
//   npm run bench -- [--scale 0.2] [--works Q0,Q5] [--rows millrace-direct,flink@1] [--repeats 3] [--reps 3] [--peers DIR] [--out FILE]
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rowsOf, runRow } from './rows.js';
import { summarise, tableOf } from './table.js';
import { knownResult, matches, WORKLOADS } from './workloads.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const beside = path.join(ROOT, '..', 'shared', 'peers');

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '0.2' },
    works: { type: 'string', default: Object.keys(WORKLOADS).join(',') },
    rows: { type: 'string' },
    repeats: { type: 'string', default: '3' },
    reps: { type: 'string', default: '3' },
    peers: { type: 'string' },
    out: { type: 'string', default: path.join(ROOT, 'out', 'bench', 'results.json') },
  },
});
const peers = values.peers ?? (existsSync(beside) ? beside : undefined);
const { rows, missing } = rowsOf({ peers, names: values.rows?.split(',') });
const works = values.works.split(',');
const unknown = works.filter((work) => WORKLOADS[work] === undefined);
if (unknown.length > 0 || rows.length === 0) {
  const known = `workloads: ${Object.keys(WORKLOADS).join(', ')}`;
  process.stderr.write(`nothing to measure: ${[...unknown, ...missing].join('; ')}\n${known}\n`);
  process.exit(2);
}

const say = (text) => process.stderr.write(`${text}\n`);
for (const reason of missing) say(`left out: ${reason}`);

const machine = {
  cpus: os.cpus().length,
  model: os.cpus()[0]?.model,
  memory_gb: Math.round(os.totalmem() / 2 ** 30),
  node: process.version,
  os: `${os.type()} ${os.release()}`,
};

/** Writes what is known so far, so that a run that is cut off is not lost. */
function save(runs) {
  const summary = summarise(runs);
  mkdirSync(path.dirname(values.out), { recursive: true });
  writeFileSync(
    values.out,
    `${JSON.stringify({ machine, arguments: values, missing, summary, runs }, undefined, 1)}\n`,
  );
  return summary;
}

const runs = [];
let wrong = 0;
for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
  for (const work of works) {
    const { full, unit } = WORKLOADS[work];
    const size = Math.max(1, Math.round(full * Number(values.scale)));
    for (const row of rows) {
      const load = os.loadavg()[0];
      const figures = await runRow(row.command(work, size, Number(values.reps))).catch((error) => ({
        error: error.message,
      }));
      const run = { ...figures, work, size, peer: row.name, parallelism: row.parallelism, load };
      const known = knownResult(work, size) ?? reference(runs, work, size);
      run.verified = figures.error === undefined && known !== undefined ? matches(figures, known) : undefined;
      if (figures.error !== undefined || run.verified === false) wrong++;
      runs.push(run);
      save(runs);
      say(
        figures.error !== undefined
          ? `${work} ${size} ${unit} ${row.name} p=${row.parallelism}: ${figures.error}`
          : `${work} ${size} ${unit} ${row.name} p=${row.parallelism}: ${figures.seconds} s, warm ${figures.seconds_warm ?? '–'} s` +
              `${run.verified === false ? `, WRONG CHECKSUM ${figures.checksum}/${figures.out_count}, expected ${known}` : ''}`,
      );
    }
  }
}

/** For a size of no known result, all rows must agree with the first hand-written loop. */
function reference(runs, work, size) {
  const run = runs.find((r) => r.work === work && r.size === size && r.peer === 'limit-node' && r.checksum);
  return run === undefined ? undefined : `${run.checksum}/${run.out_count}`;
}

process.stdout.write(`${machine.cpus} × ${machine.model}, ${machine.memory_gb} GB, Node ${machine.node}\n\n`);
process.stdout.write(`${tableOf(save(runs))}\n\nfigures: ${path.relative(process.cwd(), values.out)}\n`);
process.exitCode = wrong > 0 ? 1 : 0;
