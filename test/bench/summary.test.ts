import { describe, expect, it } from 'vitest';
import { ratiosOf } from './ratios.js';
import { type Run, summarise } from './summary.js';
import { ratiosTable, summaryTable } from './tables.js';

const run = (work: string, row: string, seconds_warm: number, more: Partial<Run> = {}): Run => {
  const [peer, parallelism] = row.split('@');
  const figures = { events: 100, seconds: 9, seconds_warm, checksum: 'ab', out_count: 1, verified: true };
  return { work, size: 100, peer: peer!, parallelism: Number(parallelism), load: 1, ...figures, ...more };
};

describe('a summary', () => {
  it('has the medians of the runs that went well', () => {
    const [row] = summarise([
      run('Q0', 'flink@1', 4),
      run('Q0', 'flink@1', 2),
      run('Q0', 'flink@1', 2.5),
      run('Q0', 'flink@1', 1, { error: 'lost' }),
    ]);
    expect(row).toMatchObject({ runs: 3, failed: 1, seconds_warm: 2.5, seconds_best: 2, warm_events_per_second: 40 });
  });

  it('takes the only run for a warm one where a program cannot repeat', () => {
    const once = {
      work: 'W1',
      size: 1,
      peer: 'duckdb',
      parallelism: 2,
      load: 1,
      events: 1,
      seconds: 3,
      checksum: 'ab',
    };
    expect(summarise([once])[0]).toMatchObject({ seconds: 3, seconds_warm: 3, verified: false });
  });

  it('has warm CPU seconds as they were told, or as differences that agree', () => {
    const cpuOf = (...runs: Partial<Run>[]) => {
      const [row] = summarise(runs.map((more) => run('Q0', 'flink@1', 2, more)));
      return [row!.cpu_seconds_warm, row!.cpu_is_difference];
    };
    expect(cpuOf({ cpu_seconds_warm: 2 }, { cpu_seconds_warm: 4 })).toEqual([3, false]);
    const difference = (seconds: number) => ({ cpu_seconds_difference: seconds });
    expect(cpuOf(difference(2), difference(2.2), difference(2.4))).toEqual([2.2, true]);
    expect(cpuOf(difference(1), difference(2.2), difference(2.4))).toEqual([undefined, true]);
    expect(cpuOf(difference(2))).toEqual([undefined, true]);
    expect(cpuOf({})).toEqual([undefined, true]);
  });
});

describe('ratios', () => {
  const rows = summarise([
    ...[run('Q0', 'millrace-direct@1', 1, { cpu_seconds_warm: 1.5 }), run('Q5', 'millrace-direct@1', 2)],
    ...[run('Q0', 'flink@1', 2, { cpu_seconds_warm: 6 }), run('Q5', 'flink@1', 16), run('Q5', 'flink@2', 6)],
    ...[run('Q0', 'millrace-worker-threads@2', 0.5), run('Q5', 'millrace-worker-threads@2', 2)],
    ...[run('Q0', 'limit-node@1', 0.8), run('W1', 'limit-node@1', 1)],
  ]);
  const ratios = new Map(ratiosOf(rows).map(({ title, ...rest }) => [title, rest]));

  it('are taken by workload, and averaged over those that both have', () => {
    expect(ratios.get('one thread: speed, × Flink p=1')).toEqual({ mean: 4, byWork: { Q0: 2, Q5: 8 } });
    expect(ratios.get('one thread: work per CPU second, × Flink p=1')?.byWork).toEqual({ Q0: 4 });
    expect(ratios.get('one thread: time, × the hand-written loop')?.byWork).toEqual({ Q0: 1.25 });
    expect(ratios.get('two threads: speed, × direct')?.byWork).toEqual({ Q0: 2, Q5: 1 });
  });

  it('are those beside the better of two, workload by workload', () => {
    expect(ratios.get('two threads: speed, × the better of Flink p=1, 2')?.byWork).toEqual({ Q0: 4, Q5: 3 });
  });

  it('are left out where there is nothing to compare with', () => {
    expect([...ratios.keys()].filter((title) => /DuckDB|pre-aggregates|its data/.test(title))).toEqual([]);
  });

  it('stand in tables whose rows all have the cells of their head', () => {
    for (const table of [summaryTable(rows), ratiosTable(ratiosOf(rows), ['W1', 'Q0', 'Q5'])]) {
      const widths = new Set(table.split('\n').map((line) => line.split('|').length));
      expect(widths.size).toBe(1);
    }
  });
});
