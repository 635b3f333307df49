import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { BenchArguments } from './arguments.js';
import { UsageError } from './arguments.js';
import { type Ratios, ratiosOf } from './ratios.js';
import { millraceRows, peerRows, type Row, selectRows } from './rows.js';
import { type Figures, runRow } from './run-row.js';
import { type Run, type Summary, summarise } from './summary.js';
import { ratiosTable, summaryTable } from './tables.js';
import { knownResult, matches, sizeOf, WORKLOADS } from './workloads.js';

/** Says how far it is. */
export type Say = (line: string) => void;

/** Measures every row with every workload that it has, interleaved; answers a report and whether all results were right. */
export async function measureRows(
  args: BenchArguments,
  one: string,
  say: Say,
): Promise<{ report: string; isRight: boolean }> {
  const { rows, missing, unknown } = selectRows([...millraceRows(one), ...peerRows(args.peers)], args.rows);
  if (unknown.length > 0) throw new UsageError(`no row ${unknown.join(', ')}`);
  if (rows.length === 0) throw new UsageError(`nothing to measure: ${missing.join('; ')}`);
  for (const reason of missing) say(`left out: ${reason}`);

  const runs: Run[] = [];
  for (let repeat = 0; repeat < args.repeats; repeat++) {
    for (const work of args.works) {
      for (const row of rows.filter(({ programs }) => programs[work] !== undefined)) {
        const run = await runOf(row, work, args);
        runs.push(run);
        verify(runs);
        // What is known so far, so that a run that is cut off is not lost.
        save(args, missing, runs);
        say(lineOf(run));
      }
    }
  }
  const { summary, ratios } = save(args, missing, runs);
  const report = [
    `${os.cpus().length} × ${os.cpus()[0]?.model}, Node ${process.version}`,
    summaryTable(summary),
    ...(ratios.length > 0 ? [ratiosTable(ratios, args.works)] : []),
    `figures: ${path.relative(process.cwd(), args.out)}\n`,
  ].join('\n\n');
  return { report, isRight: runs.every(({ error, verified }) => error === undefined && verified !== false) };
}

async function runOf(row: Row, work: string, { scale, reps, peerCpu }: BenchArguments): Promise<Run> {
  const size = sizeOf(work, scale);
  const [load] = os.loadavg();
  const figures = await runRow(row.command(work, size, reps));
  const place = { work, size, peer: row.name, parallelism: row.parallelism, load: load! };
  const isUnknown = row.repeats && figures.cpu_seconds !== undefined && figures.cpu_seconds_warm === undefined;
  const difference = peerCpu && isUnknown ? await cpuOfOneMore(row, work, size, reps, figures) : undefined;
  return { ...figures, ...place, cpu_seconds_difference: difference };
}

/**
 * CPU seconds of a warm run of a program that tells only those of its whole process: another process runs the workload
 * three times as often, and what that took more is divided by how often more. What is compiled late counts with it.
 */
async function cpuOfOneMore(
  row: Row,
  work: string,
  size: number,
  reps: number,
  figures: Figures,
): Promise<number | undefined> {
  const more = await runRow(row.command(work, size, reps * 3));
  if (more.cpu_seconds === undefined) return undefined;
  return (more.cpu_seconds - figures.cpu_seconds!) / (reps * 2);
}

/** A size whose result nobody knows is right where all rows agree with the hand-written loop. */
function verify(runs: Run[]): void {
  for (const [i, run] of runs.entries()) {
    if (run.verified !== undefined || run.error !== undefined) continue;
    const loop = runs.find(
      ({ work, peer, error }) => work === run.work && peer === 'limit-node' && error === undefined,
    );
    const known = knownResult(run.work, run.size) ?? (loop && `${loop.checksum}/${loop.out_count}`);
    if (known !== undefined) runs[i] = { ...run, verified: matches(run, known) };
  }
}

function save(
  args: BenchArguments,
  missing: readonly string[],
  runs: readonly Run[],
): { summary: Summary[]; ratios: Ratios[] } {
  const summary = summarise(runs);
  const ratios = ratiosOf(summary);
  mkdirSync(path.dirname(args.out), { recursive: true });
  writeFileSync(
    args.out,
    `${JSON.stringify({ machine: machine(), arguments: args, missing, summary, ratios, runs }, undefined, 1)}\n`,
  );
  return { summary, ratios };
}

export function machine(): Record<string, unknown> {
  return {
    cpus: os.cpus().length,
    model: os.cpus()[0]?.model,
    memory_gb: Math.round(os.totalmem() / 2 ** 30),
    node: process.version,
    os: `${os.type()} ${os.release()}`,
  };
}

function lineOf(run: Run): string {
  const what = `${run.work} ${run.size} ${WORKLOADS[run.work]!.unit} ${run.peer} p=${run.parallelism}`;
  if (run.error !== undefined) return `${what}: ${run.error}`;
  const result = run.verified === false ? `, WRONG RESULT ${run.checksum}/${run.out_count}` : '';
  return `${what}: ${run.seconds} s, warm ${run.seconds_warm ?? '–'} s${result}`;
}
