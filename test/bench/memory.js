#!/usr/bin/env node
// The most memory that a word count holds, whatever the size of the file: makes a file of words in the folder for temporary
// files, counts them in a fresh process for each runner, and removes it:
//   npm run bench:memory [-- --megabytes 2000] [--threads 2] [--rows direct,worker-threads]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleModule } from 'millrace/runners';

/** What the direct runner may hold at most; what threads hold is told. */
const MOST_MB = 400;

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '2000' },
    threads: { type: 'string', default: '2' },
    rows: { type: 'string', default: 'direct,worker-threads' },
    generate: { type: 'boolean', default: false },
  },
});

if (values.generate) await makeFile(Number(values.megabytes));
else measureAll();

/** In a process of its own, whose memory does not count. @param {number} megabytes */
async function makeFile(megabytes) {
  const { path: bundled } = await bundleModule(fileURLToPath(new URL('words.ts', import.meta.url)));
  const { wordsFile } = await import(pathToFileURL(bundled).href);
  process.stdout.write(wordsFile(megabytes));
}

function measureAll() {
  // The end of a run by the keyboard reaches the process that is waited for, and then the folder is removed.
  process.on('SIGINT', () => {});
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'millrace-memory-'));
  try {
    const file = run(scratch, [fileURLToPath(import.meta.url), '--generate', '--megabytes', values.megabytes]);
    process.stderr.write(`counting the words of ${file}\n`);
    process.stdout.write('| runner | p | peak RSS MB | at most | s | words |\n| --- | --- | --- | --- | --- | --- |\n');
    for (const runner of values.rows.split(',')) process.stdout.write(`${measure(scratch, runner)}\n`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {string} scratch @param {string} runner */
function measure(scratch, runner) {
  const isDirect = runner === 'direct';
  const parallelism = isDirect ? '1' : values.threads;
  const one = fileURLToPath(new URL('one.js', import.meta.url));
  const args = [one, '--work', 'W1', '--size', values.megabytes, '--runner', runner, '--parallelism', parallelism];
  const { error, peak_rss_mb: peak, seconds, events } = JSON.parse(run(scratch, args));
  if (error !== undefined) throw new Error(`${runner}: ${error}`);
  if (isDirect && peak > MOST_MB) process.exitCode = 1;
  return `| ${[runner, parallelism, peak, isDirect ? MOST_MB : '', seconds.toFixed(1), events].join(' | ')} |`;
}

/** Its output. @param {string} scratch @param {string[]} args */
function run(scratch, args) {
  // The file, and the bundles with it, are kept where caches are.
  const env = { ...process.env, XDG_CACHE_HOME: scratch, MILLRACE_CACHE: path.join(scratch, 'bundles') };
  const { status, stdout } = spawnSync(process.execPath, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return stdout;
}
