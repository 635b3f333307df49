import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BenchArguments, UsageError } from './arguments.js';
import { type Comparison, compareRuns, figureOf } from './comparison.js';
import { machine, type Say } from './measure-rows.js';
import { otherCheckout } from './other-checkout.js';
import { millraceRows, type Row, selectRows } from './rows.js';
import { type Command, type Figures, runRow } from './run-row.js';
import type { Pair } from './statistics.js';
import { comparisonTable } from './tables.js';
import { knownResult, matches, sizeOf } from './workloads.js';

/** What became of a workload on a row at two commits. */
type Outcome =
  | { readonly comparison: Comparison }
  /** The other commit cannot run it, or not rightly: there is nothing to compare with. */
  | { readonly leftOut: string }
  | { readonly broken: string };

/**
 * Measures the workloads of this checkout with its own library and with that of another commit: processes in the order
 * old, new, new, old, old, … so that neither side profits from what the machine does meanwhile. Answers a report, and
 * whether nothing is slower and nothing broken.
 */
export async function compareWith(
  args: BenchArguments,
  ref: string,
  root: string,
  say: Say,
): Promise<{ report: string; isRight: boolean }> {
  const ours = millraceRows(path.join(root, 'test', 'bench', 'one.js'));
  const { rows, unknown } = selectRows(ours, args.rows);
  if (unknown.length > 0) throw new UsageError(`no row ${unknown.join(', ')} of ours: --compare runs no peers`);
  const { commit, one } = await otherCheckout(root, ref, say);
  const others = millraceRows(one);

  const outcomes: Outcome[] = [];
  for (const work of args.works) {
    for (const row of rows) {
      const other = others.find(({ name }) => name === row.name)!;
      const outcome = await outcomeOf(work, other, row, args);
      outcomes.push(outcome);
      say(lineOf(outcome, `${work} ${row.name}`));
    }
  }
  const comparisons = outcomes.flatMap((outcome) => ('comparison' in outcome ? [outcome.comparison] : []));
  const notes = outcomes.flatMap((outcome) =>
    'leftOut' in outcome ? [outcome.leftOut] : 'broken' in outcome ? [outcome.broken] : [],
  );
  mkdirSync(path.dirname(args.out), { recursive: true });
  writeFileSync(
    args.out,
    `${JSON.stringify({ machine: machine(), arguments: args, commit, comparisons, notes }, undefined, 1)}\n`,
  );
  return {
    report: [
      `this checkout beside ${ref} (${commit.slice(0, 10)}), medians of ${args.repeats} processes each`,
      comparisonTable(comparisons),
      ...notes,
      `${conclusionOf(comparisons, args.threshold)}\n`,
    ].join('\n\n'),
    isRight:
      comparisons.length > 0 &&
      comparisons.every(({ verdict }) => verdict !== 'slower') &&
      outcomes.every((outcome) => !('broken' in outcome)),
  };
}

function conclusionOf(comparisons: readonly Comparison[], threshold: number): string {
  if (comparisons.length === 0) return 'nothing could be compared';
  const slower = comparisons.filter(({ verdict }) => verdict === 'slower').map(({ work, row }) => `${work} ${row}`);
  if (slower.length === 0) return 'nothing is slower beyond the noise';
  return `slower by more than ${threshold * 100} % and the noise: ${slower.join(', ')}`;
}

/** @param run runs one process */
export async function outcomeOf(
  work: string,
  old: Row,
  row: Row,
  { scale, reps, repeats, threshold }: Pick<BenchArguments, 'scale' | 'reps' | 'repeats' | 'threshold'>,
  run: (command: Command) => Promise<Figures> = runRow,
): Promise<Outcome> {
  const measure = row.parallelism === 1 ? 'cpu' : 'wall';
  const size = sizeOf(work, scale);
  const pairs: Pair[] = [];
  for (let i = 0; i < repeats; i++) {
    const sides = i % 2 === 0 ? [old, row] : [row, old];
    const figures = new Map<Row, Figures>();
    for (const side of sides) figures.set(side, await run(side.command(work, size, reps)));
    const before = figures.get(old)!;
    const now = figures.get(row)!;
    const problem = problemOf(now, knownResult(work, size));
    if (problem !== undefined) return { broken: `${work} ${row.name} fails here: ${problem}` };
    const reason = problemOf(before, `${now.checksum}/${now.out_count}`);
    if (reason !== undefined) return { leftOut: `${work} ${row.name} is left out, the other commit fails: ${reason}` };
    pairs.push({ old: figureOf(before, measure)!, new: figureOf(now, measure)! });
  }
  return { comparison: compareRuns({ work, row: row.name, measure }, pairs, threshold) };
}

function problemOf(figures: Figures, result: string | undefined): string | undefined {
  if (figures.error !== undefined) return briefly(figures.error);
  return result === undefined || matches(figures, result)
    ? undefined
    : `its result is ${figures.checksum}/${figures.out_count}, not ${result}`;
}

/** The first two lines that say something: of what does not compile, the file and the first mistake. */
function briefly(error: string): string {
  const lines = error.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(0, 2)
    .join(': ');
}

function lineOf(outcome: Outcome, what: string): string {
  if ('leftOut' in outcome) return outcome.leftOut;
  if ('broken' in outcome) return outcome.broken;
  const { ratio, low, high, verdict } = outcome.comparison;
  return `${what}: ${ratio.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)}) ${verdict}`;
}
