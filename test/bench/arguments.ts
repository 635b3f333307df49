import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { WORKLOADS } from './workloads.js';

/** What cannot be done as it was asked for: the command ends with 2. */
export class UsageError extends Error {}

export interface BenchArguments {
  /** Of the full sizes. */
  readonly scale: number;
  readonly works: readonly string[];
  readonly rows: readonly string[] | undefined;
  /** Processes for each row and workload. */
  readonly repeats: number;
  /** Runs in each process. */
  readonly reps: number;
  readonly peers: string | undefined;
  readonly peerCpu: boolean;
  readonly out: string;
}

/** @throws UsageError */
export function parseBenchArguments(args: readonly string[], root: string): BenchArguments {
  const values = parse(args);
  const beside = path.join(root, '..', 'shared', 'peers');
  return {
    scale: positive('scale', values.scale),
    works: worksOf(values.works),
    rows: values.rows?.split(','),
    repeats: count('repeats', values.repeats),
    reps: count('reps', values.reps),
    peers: values.peers ?? (existsSync(beside) ? beside : undefined),
    peerCpu: values['peer-cpu'] ?? false,
    out: values.out ?? path.join(root, 'out', 'bench', 'results.json'),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        scale: { type: 'string', default: '0.2' },
        works: { type: 'string' },
        rows: { type: 'string' },
        repeats: { type: 'string', default: '3' },
        reps: { type: 'string', default: '3' },
        peers: { type: 'string' },
        'peer-cpu': { type: 'boolean' },
        out: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function worksOf(list: string | undefined): string[] {
  const known = Object.keys(WORKLOADS);
  const works = list?.split(',') ?? known;
  const unknown = works.filter((work) => !known.includes(work));
  if (unknown.length > 0) throw new UsageError(`no workload ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  return works;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new UsageError(`--${name} is a positive number, not ${text}`);
  return value;
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`--${name} is a whole number from 1 on, not ${text}`);
  return value;
}
