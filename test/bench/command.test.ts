import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../support/temp-folder.js';
import { parseBenchArguments, UsageError } from './arguments.js';
import { millraceRows, peerRows, selectRows } from './rows.js';

const RUN = path.join(fileURLToPath(new URL('.', import.meta.url)), 'run.js');
const parse = (...args: string[]) => parseBenchArguments(args, '/nowhere/checkout');

describe('the arguments', () => {
  it('have defaults, which differ where commits are compared', () => {
    expect(parse()).toMatchObject({ scale: 0.2, repeats: 3, reps: 3, rows: undefined, compare: undefined });
    expect(parse().works).toContain('Q12');
    expect(parse('--compare', 'main')).toMatchObject({ repeats: 6, reps: 4, compare: 'main', threshold: 0.05 });
  });

  it.each([
    [['--works', 'Q0,Q99'], 'no workload Q99; there are: W1, W3, W3O, Q0'],
    [['--scale', '0'], '--scale is a positive number, not 0'],
    [['--repeats', 'two'], '--repeats is a whole number from 1 on, not two'],
    [['--compare', 'main', '--peers', 'x'], '--compare runs no peers'],
    [['--threshold', '0.1'], '--threshold goes with --compare'],
    [['--fast'], "Unknown option '--fast'"],
    [['--compare'], "Option '--compare <value>' argument missing"],
  ])('%j are refused', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });
});

describe('the rows', () => {
  const all = [...millraceRows('one.js'), ...peerRows(undefined)];

  it('are chosen by name, or by name and parallelism', () => {
    expect(selectRows(all, ['millrace-direct']).rows.map(({ name }) => name)).toEqual(['millrace-direct']);
    expect(selectRows(all, ['flink@3', 'spark']).unknown).toEqual(['flink@3', 'spark']);
  });

  it('that are not there are left out by name', () => {
    const { rows, missing } = selectRows(all, undefined);
    expect(rows.map(({ name }) => name)).toEqual(['millrace-direct', 'millrace-worker-threads']);
    expect(missing).toContain('flink: no flink/run.sh (give --peers DIR)');
    expect(missing.map((reason) => reason.split(':')[0])).toEqual([
      'limit-node',
      'limit-node-tuned',
      'flink',
      'flink-precombined',
      'duckdb',
    ]);
  });
});

describe('npm run bench', () => {
  const bench = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [RUN, ...args], (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });

  it('measures, verifies and writes the figures', { timeout: 60_000 }, async () => {
    const out = path.join(tempFolder(), 'figures', 'results.json');
    const { code, stdout } = await bench(
      ...['--works', 'Q2', '--rows', 'millrace-direct', '--scale', '0.05', '--repeats', '1', '--reps', '2'],
      ...['--out', out],
    );
    expect(stdout).toMatch(/^\| Q2 \| 250,000 \| millrace-direct \| 1 \|.*\| 97c94232 \|$/m);
    expect(code).toBe(0);
    const { runs } = JSON.parse(readFileSync(out, 'utf8'));
    expect(runs).toMatchObject([
      { work: 'Q2', verified: true, repeats: [{}, {}], cpu_seconds_warm: expect.any(Number) },
    ]);
  });

  it('says what it cannot do, and ends with 2', { timeout: 60_000 }, async () => {
    const { code, stderr } = await bench('--compare', 'no-such-branch');
    expect(stderr).toContain('bench: there is no commit "no-such-branch"');
    expect(code).toBe(2);
  });
});
