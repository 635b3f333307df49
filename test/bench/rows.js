import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WORKLOADS } from './workloads.js';

const ONE = fileURLToPath(new URL('one.js', import.meta.url));

/**
 * What is measured beside what: each row is a program that prints one JSON line. Peers live outside the repository, in a
 * folder with `limit/run-node.sh` and `flink/run.sh`; a row whose parts are missing is left out with a reason.
 *
 * @returns {{ rows: Row[], missing: string[] }}
 * @typedef {{ name: string, parallelism: number, command(work: string, size: number, reps: number): Command }} Row
 * @typedef {{ file: string, args: string[], env?: Record<string, string> }} Command
 */
export function rowsOf({ peers, names }) {
  const cache = process.env.PEERS_CACHE ?? path.join(os.homedir(), '.cache', 'millrace-peers');
  const missing = [];
  const all = [
    millrace('direct', 1),
    millrace('worker-threads', 2),
    peer('limit-node', 1, peers, 'limit/run-node.sh', undefined, (work) => WORKLOADS[work].limit ?? work),
    peer('flink', 1, peers, 'flink/run.sh', path.join(cache, 'flink', '.ok')),
    peer('flink', 2, peers, 'flink/run.sh', path.join(cache, 'flink', '.ok')),
  ];
  const rows = all.filter((row) => {
    const name = `${row.name}@${row.parallelism}`;
    if (names !== undefined && !names.includes(row.name) && !names.includes(name)) return false;
    if (row.missing !== undefined) missing.push(`${row.name}: ${row.missing}`);
    return row.missing === undefined;
  });
  if (rows.length > 0) mkdirSync(path.join(cache, 'log'), { recursive: true });
  return { rows, missing: [...new Set(missing)] };
}

function millrace(runner, parallelism) {
  return {
    name: `millrace-${runner}`,
    parallelism,
    command: (work, size, reps) => ({
      file: process.execPath,
      args: [
        ...['--max-old-space-size=8000', ONE, '--work', work, '--size', String(size), '--runner', runner],
        ...['--parallelism', String(parallelism), '--reps', String(reps)],
      ],
    }),
  };
}

function peer(name, parallelism, peers, script, needs, workOf = (work) => work) {
  const file = peers === undefined ? undefined : path.join(peers, script);
  return {
    name,
    parallelism,
    missing:
      file === undefined || !existsSync(file)
        ? `no ${script} (give --peers DIR)`
        : needs !== undefined && !existsSync(needs)
          ? 'not built (run its setup.sh)'
          : undefined,
    command: (work, size, reps) => ({
      file,
      args: [workOf(work), String(size), String(parallelism)],
      env: { REPS: String(reps) },
    }),
  };
}

/** Runs a command to its end and answers the JSON of its last line. */
export async function runRow({ file, args, env }) {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8');
  for await (const chunk of child.stdout) text += chunk;
  const line = text.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`${file} ${args.join(' ')} printed no figures`);
  return JSON.parse(line);
}
