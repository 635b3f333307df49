#!/usr/bin/env node
// How long a trivial pipeline takes from the shell and back, with its bundle in the cache, beside a Node that does nothing.
// Whole processes, interleaved; the first round warms the caches and does not count:
//   npm run bench:start [-- --repeats 10] [--threads 2] [--example word-count]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './median.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Seconds above a bare Node that a start may take at most. */
const TARGETS = { direct: 0.5, 'worker-threads': 0.8 };

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '10' },
    threads: { type: 'string', default: '2' },
    example: { type: 'string', default: 'word-count' },
  },
});

const scratch = mkdtempSync(path.join(os.tmpdir(), 'millrace-start-'));
try {
  const rows = measure(Number(values.repeats));
  const bare = median(rows.get('node -e 0'));
  const lines = [...rows].map(([name, seconds]) => lineOf(name, seconds, bare));
  process.stdout.write(
    [
      `${values.example}, median of ${values.repeats}, Node ${process.version}`,
      '',
      '| process | s | s above node -e 0 | least s above | at most |',
      '| --- | --- | --- | --- | --- |',
      ...lines.map(({ text }) => text),
      '',
    ].join('\n'),
  );
  process.exitCode = lines.some(({ isMissed }) => isMissed) ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** @param {number} repeats @returns {Map<string, number[]>} seconds by row */
function measure(repeats) {
  const run = ['runners/cli/millrace.js', 'run', `examples/${values.example}.ts`];
  const commands = new Map([['node -e 0', ['-e', '0']]]);
  for (const runner of Object.keys(TARGETS)) {
    const output = `--output=${path.join(scratch, runner, 'out')}`;
    const threads = runner === 'worker-threads' ? [`--threads=${values.threads}`] : [];
    commands.set(runner, [...run, `--runner=${runner}`, ...threads, output]);
  }
  const rows = new Map([...commands.keys()].map((name) => [name, []]));
  for (let round = 0; round <= repeats; round++) {
    for (const [name, args] of commands) {
      const seconds = timeOf(args);
      if (round > 0) rows.get(name).push(seconds);
    }
  }
  return rows;
}

/** @param {string[]} args */
function timeOf(args) {
  const env = { ...process.env, MILLRACE_CACHE: path.join(scratch, 'bundles') };
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}:\n${stderr}`);
  return seconds;
}

/** @param {string} name @param {number[]} seconds @param {number} bare */
function lineOf(name, seconds, bare) {
  const target = TARGETS[name];
  const above = median(seconds) - bare;
  const cells = [name, median(seconds).toFixed(3)];
  if (target === undefined) cells.push('', '', '');
  else cells.push(above.toFixed(3), (Math.min(...seconds) - bare).toFixed(3), target.toFixed(1));
  return { text: `| ${cells.join(' | ')} |`, isMissed: target !== undefined && above > target };
}
