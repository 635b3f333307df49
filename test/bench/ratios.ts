import { groupBy } from './group-by.js';
import { geometricMean } from './statistics.js';
import type { Summary } from './summary.js';

/** How one row does beside another, by workload. */
export interface Ratios {
  readonly title: string;
  /** The geometric mean over the workloads that both have. */
  readonly mean: number | undefined;
  readonly byWork: Readonly<Record<string, number>>;
}

interface Beside {
  readonly title: string;
  /** Rows as `name@parallelism`. */
  readonly of: string;
  /** The best of these counts. */
  readonly against: readonly string[];
  readonly by: 'seconds_warm' | 'cpu_seconds_warm';
  /** `speed` is more where the row is faster, `time` where it is slower. */
  readonly as: 'speed' | 'time';
}

const DIRECT = 'millrace-direct@1';
const THREADS = 'millrace-worker-threads@2';

const BESIDES: readonly Beside[] = [
  beside('one thread: speed, × Flink p=1', DIRECT, ['flink@1']),
  beside('one thread: work per CPU second, × Flink p=1', DIRECT, ['flink@1'], { by: 'cpu_seconds_warm' }),
  beside('one thread: speed, × Flink p=1 that pre-aggregates', DIRECT, ['flink-precombined@1']),
  beside('one thread: time, × the hand-written loop', DIRECT, ['limit-node@1'], { as: 'time' }),
  beside('one thread: time, × the loop that knows its data', DIRECT, ['limit-node-tuned@1'], { as: 'time' }),
  beside('two threads: speed, × direct', THREADS, [DIRECT]),
  beside('two threads: speed, × the better of Flink p=1, 2', THREADS, ['flink@1', 'flink@2']),
  beside('two threads: speed, × the better of Flink p=1, 2 that pre-aggregates', THREADS, [
    'flink-precombined@1',
    'flink-precombined@2',
  ]),
  beside('two threads: time, × DuckDB on two threads', THREADS, ['duckdb@2'], { as: 'time' }),
];

function beside(
  title: string,
  of: string,
  against: readonly string[],
  { by = 'seconds_warm', as = 'speed' }: Partial<Pick<Beside, 'by' | 'as'>> = {},
): Beside {
  return { title, of, against, by, as };
}

/** Every ratio for which there are figures. */
export function ratiosOf(rows: readonly Summary[]): Ratios[] {
  return BESIDES.map((each) => {
    const ratios = [...groupBy(rows, ({ work }) => work)].flatMap(([work, ofWork]) => {
      const ratio = ratioOf(each, ofWork);
      return ratio === undefined ? [] : [[work, ratio] as const];
    });
    return {
      title: each.title,
      mean: geometricMean(ratios.map(([, ratio]) => ratio)),
      byWork: Object.fromEntries(ratios),
    };
  }).filter(({ mean }) => mean !== undefined);
}

function ratioOf({ of, against, by, as }: Beside, rows: readonly Summary[]): number | undefined {
  const secondsOf = (names: readonly string[]) =>
    rows.flatMap((row) => (names.includes(`${row.peer}@${row.parallelism}`) ? [row[by] ?? []] : [])).flat();
  const [own] = secondsOf([of]);
  const others = secondsOf(against);
  if (own === undefined || others.length === 0) return undefined;
  const speed = Math.min(...others) / own;
  return as === 'speed' ? speed : 1 / speed;
}
