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
  /** The commit to compare with, instead of with peers. */
  readonly compare: string | undefined;
  /** How much slower than the other commit, as a fraction, is not yet a failure. */
  readonly threshold: number;
}

const DEFAULTS = { measure: { repeats: '3', reps: '3' }, compare: { repeats: '6', reps: '4' } };

/** @throws UsageError */
export function parseBenchArguments(args: readonly string[], root: string): BenchArguments {
  const values = parse(args);
  const defaults = values.compare === undefined ? DEFAULTS.measure : DEFAULTS.compare;
  const misplaced =
    values.compare === undefined
      ? values.threshold !== undefined && '--threshold goes with --compare'
      : (values.peers !== undefined || values['peer-cpu']) && '--compare runs no peers';
  if (misplaced) throw new UsageError(misplaced);
  const beside = path.join(root, '..', 'shared', 'peers');
  return {
    scale: positive('scale', values.scale),
    works: worksOf(values.works),
    rows: values.rows?.split(','),
    repeats: count('repeats', values.repeats ?? defaults.repeats),
    reps: count('reps', values.reps ?? defaults.reps),
    peers: values.peers ?? (existsSync(beside) ? beside : undefined),
    peerCpu: values['peer-cpu'] ?? false,
    out: values.out ?? path.join(root, 'out', 'bench', values.compare === undefined ? 'results.json' : 'compare.json'),
    compare: values.compare,
    threshold: positive('threshold', values.threshold ?? '0.05'),
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
        repeats: { type: 'string' },
        reps: { type: 'string' },
        peers: { type: 'string' },
        'peer-cpu': { type: 'boolean' },
        out: { type: 'string' },
        compare: { type: 'string' },
        threshold: { type: 'string' },
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
