import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Command } from './run-row.js';
import { WORKLOADS } from './workloads.js';

/** What is measured beside what. */
export interface Row {
  readonly name: string;
  readonly parallelism: number;
  /** What the row's program calls the workloads that it has. */
  readonly programs: Readonly<Record<string, string>>;
  /** Whether the program runs a workload several times in one process. */
  readonly repeats: boolean;
  /** Why it cannot run here. */
  readonly missing?: string | undefined;
  command(work: string, size: number, reps: number): Command;
}

const ALL_WORKS = Object.fromEntries(Object.keys(WORKLOADS).map((work) => [work, work]));
/** W3O is W3 with another accumulator. */
const { W3O: _W3O, ...PEER_WORKS } = ALL_WORKS;

/** Ours; `one` is the program that measures one workload. */
export function millraceRows(one: string): Row[] {
  return [millrace('direct', 1, one), millrace('worker-threads', 2, one)];
}

function millrace(runner: string, parallelism: number, one: string): Row {
  return {
    name: `millrace-${runner}`,
    parallelism,
    programs: ALL_WORKS,
    repeats: true,
    command: (work, size, reps) => ({
      file: process.execPath,
      // Errors name files from here.
      cwd: path.dirname(one),
      args: [
        ...['--max-old-space-size=8000', one, '--work', work, '--size', String(size), '--runner', runner],
        ...['--parallelism', String(parallelism), '--reps', String(reps)],
      ],
    }),
  };
}

/**
 * Other programs, which live outside of the repository: a folder with `limit/run-node.sh`, `flink/run.sh` and
 * `alt/run.sh`, each called with workload, size and parallelism.
 */
export function peerRows(folder: string | undefined): Row[] {
  const cache = process.env.PEERS_CACHE ?? path.join(os.homedir(), '.cache', 'millrace-peers');
  const peer = (name: string, script: string, parallelism: number, more: PeerOptions): Row => {
    const file = path.join(folder ?? '', script);
    const { env = {}, programs = PEER_WORKS, missing, repeats = true } = more;
    return {
      name,
      parallelism,
      programs,
      repeats,
      missing: folder === undefined || !existsSync(file) ? `no ${script} (give --peers DIR)` : missing,
      command(work, size, reps) {
        mkdirSync(path.join(cache, 'log'), { recursive: true });
        const args = [programs[work]!, String(size), String(parallelism)];
        return { file, args, env: { ...env, ...(repeats && { REPS: String(reps) }) } };
      },
    };
  };
  const flink = { missing: existsSync(path.join(cache, 'flink', '.ok')) ? undefined : 'not built (run its setup.sh)' };
  const duckdb = {
    env: { PEER: 'duckdb' },
    repeats: false,
    missing: missingPackages(cache, ['duckdb', 'polars', 'pyarrow']),
  };
  return [
    // What a careful program of strings and Maps does, and what one does that knows its data.
    peer('limit-node', 'limit/run-node.sh', 1, { programs: { ...PEER_WORKS, W1: 'W1STR', W3: 'W3MAP', W3O: 'W3MAP' } }),
    peer('limit-node-tuned', 'limit/run-node.sh', 1, { programs: { W1: 'W1', W3: 'W3OA' } }),
    ...[1, 2].map((p) => peer('flink', 'flink/run.sh', p, flink)),
    ...[1, 2].map((p) =>
      peer('flink-precombined', 'flink/run.sh', p, { ...flink, programs: { W1: 'W1C', W3: 'W3C' } }),
    ),
    peer('duckdb', 'alt/run.sh', 2, { ...duckdb, programs: { W1: 'W1', W3: 'W3' } }),
  ];
}

type PeerOptions = Partial<Pick<Row, 'programs' | 'repeats' | 'missing'>> & { readonly env?: Record<string, string> };

function missingPackages(cache: string, names: readonly string[]): string | undefined {
  const lib = path.join(cache, 'venv', 'lib');
  const pythons = existsSync(lib) ? readdirSync(lib) : [];
  const lacks = names.filter((name) => !pythons.some((one) => existsSync(path.join(lib, one, 'site-packages', name))));
  return lacks.length === 0 ? undefined : `its Python has no ${lacks.join(', no ')}`;
}

export interface Selection {
  readonly rows: Row[];
  /** Reasons of rows that were left out. */
  readonly missing: string[];
  /** Names that no row has. */
  readonly unknown: string[];
}

/** Of all rows those with one of the names (`flink`, `flink@1`); all, where there are no names. */
export function selectRows(all: readonly Row[], names: readonly string[] | undefined): Selection {
  const isNamed = (row: Row, name: string) => name === row.name || name === `${row.name}@${row.parallelism}`;
  const asked = all.filter((row) => names?.some((name) => isNamed(row, name)) ?? true);
  const reasons = asked.flatMap(({ name, missing }) => (missing === undefined ? [] : [`${name}: ${missing}`]));
  return {
    rows: asked.filter(({ missing }) => missing === undefined),
    missing: [...new Set(reasons)],
    unknown: (names ?? []).filter((name) => !all.some((row) => isNamed(row, name))),
  };
}
