import { existsSync, readFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { openProgram } from '#millrace/runners/program/open-program.js';
import { describeWithService } from '../support/services/describe-with-service.js';
import { tempFolder } from '../support/temp-folder.js';

const PIPELINES = 'test/harness/pipelines';

describeWithService('prism', 'pipelines on Prism', (prism) => {
  async function open(module: string, exportName: string) {
    const output = join(tempFolder(), 'out.txt');
    const { program } = await openProgram(`${PIPELINES}/${module}.ts`, { output }, { exportName });
    return { program, output };
  }

  /** The result, and the lines of its output, sorted. */
  async function run(module: string, exportName: string, ownPool = false) {
    const { program, output } = await open(module, exportName);
    const result = await prism().run({ ...program, ownPool }, 30_000);
    const lines = existsSync(output) ? readFileSync(output, 'utf8').trimEnd().split('\n').sort() : [];
    return { result, output: lines.map((line) => JSON.parse(line) as unknown) };
  }

  async function outputOf(module: string, exportName = 'default') {
    const { result, output } = await run(module, exportName);
    expect(result.error, prism().logTail()).toBeUndefined();
    expect(result.state).toBe('DONE');
    return output;
  }

  it('counts words', async () => {
    expect(await outputOf('word-count')).toEqual(['a: 3', 'b: 2', 'c: 1', 'größe: 1']);
  });

  it('reads a bounded source in pieces', async () => {
    const { result, output } = await run('sources', 'sequence');
    expect(output).toEqual([199_990_000]);
    expect(result.progress).toMatchObject({ elementsIn: 20_000, elementsOut: 1 });
  });

  it('goes on with what an unbounded source leaves over, and tells it what is safe', async () => {
    const { program, output } = await open('sources', 'trickle');
    const { error } = await prism().run(program, 30_000);
    expect(error, prism().logTail()).toBeUndefined();
    const numbers = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n').map(Number);
    expect(numbers(output).sort((a, b) => a - b)).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
    expect(numbers(`${output}.acknowledged`)).toEqual([3, 6, 9, 10]);
  });

  it('tells a DoFn what is safe', async () => {
    const { program, output } = await open('sources', 'acknowledged');
    const { error } = await prism().run(program, 30_000);
    expect(error, prism().logTail()).toBeUndefined();
    const lines = readFileSync(`${output}.acknowledged`, 'utf8').trimEnd().split('\n').sort();
    expect(lines).toEqual(['1', '2', '3']);
  });

  it('tells a DoFn with state what is safe', async () => {
    const { program, output } = await open('sources', 'acknowledgedBesideState');
    const { error } = await prism().run(program, 30_000);
    expect(error, prism().logTail()).toBeUndefined();
    expect(readFileSync(output, 'utf8').trimEnd().split('\n').sort()).toEqual(['2', '4']);
    const lines = readFileSync(`${output}.acknowledged`, 'utf8').trimEnd().split('\n');
    expect(lines.filter((line) => line !== 'bundle').sort()).toEqual(['1', '2', '3']);
    expect(lines).toContain('bundle');
  });

  it('refuses to drain, which Prism 2.77 does not know', async () => {
    const { program } = await open('sources', 'slow');
    const job = prism().start(program, 30_000);
    job.drain();
    job.cancel();
    const { state, logs } = await job.result;
    expect(state).toBe('CANCELLED');
    expect(logs).toContainEqual(expect.objectContaining({ fields: { code: 'REMOTE_UNSUPPORTED' } }));
  });

  it('gives a part of slow work away when it is asked, and does all of it once', async () => {
    const { result, output } = await run('sources', 'slow');
    expect(output.map(Number).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const [bundles] = result.metrics.filter(({ name }) => name === 'bundles');
    expect(bundles?.value).toBeGreaterThan(1);
  });

  it('gives a part of one element away when it is asked, and does all of it once', async () => {
    const { result, output } = await run('sources', 'divided');
    expect(output.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    const [bundles] = result.metrics.filter(({ name }) => name === 'bundles');
    expect(bundles?.value).toBeGreaterThan(1);
  });

  it('counts in fixed windows, before 1970 too', async () => {
    expect(await outputOf('steps', 'fixed')).toEqual([
      ['a', 1, 20_000, 30_000, 29_999],
      ['a', 2, 0, 10_000, 9_999],
      ['b', 1, -10_000, 0, -1],
      ['b', 1, 0, 10_000, 9_999],
    ]);
  });

  it('counts in sliding windows', async () => {
    expect(await outputOf('steps', 'sliding')).toEqual([
      ['a', 1, 15_000, 25_000, 24_999],
      ['a', 1, 20_000, 30_000, 29_999],
      ['a', 2, -5_000, 5_000, 4_999],
      ['a', 2, 0, 10_000, 9_999],
      ['b', 1, -10_000, 0, -1],
      ['b', 1, 0, 10_000, 9_999],
      ['b', 2, -5_000, 5_000, 4_999],
    ]);
  });

  it('counts in sessions', async () => {
    expect(await outputOf('steps', 'sessions')).toEqual([
      ['a', 1, 21_000, 26_000, 25_999],
      ['a', 2, 1_000, 9_000, 8_999],
      ['b', 1, -4_000, 1_000, 999],
      ['b', 1, 2_000, 7_000, 6_999],
    ]);
  });

  it('reports the counters of the author', async () => {
    const { result, output } = await run('steps', 'counters');
    expect(output).toEqual(['a', 'longer', 'word']);
    const lengths = { sum: 11, count: 3, min: 1, max: 6 };
    expect(result.metrics).toEqual([
      { kind: 'counter', step: 'count long', name: 'all', value: 3, committed: 3 },
      { kind: 'distribution', step: 'count long', name: 'length', value: lengths, committed: lengths },
      { kind: 'counter', step: 'count long', name: 'long', value: 10, committed: 10 },
    ]);
  });

  it('runs tagged outputs, asynchronous steps and flatten together', async () => {
    expect(await outputOf('steps', 'several')).toEqual([
      { key: -1, value: -50 },
      { key: 0, value: 0 },
      { key: 1, value: 50 },
    ]);
  });

  it('carries hundreds of thousands of elements', async () => {
    expect(await outputOf('steps', 'wide')).toEqual([
      [0, 200],
      [1, 200],
      [2, 200],
    ]);
  });

  it('keeps every kind of state until the window ends', async () => {
    expect(await outputOf('stateful', 'cells')).toEqual([
      [
        'a',
        19_999,
        1,
        [12_000],
        12_000,
        [
          ['12000', -12_000],
          ['last', 12_000],
        ],
        [0],
        ['12000'],
        [12_000],
        true,
      ],
      [
        'a',
        9_999,
        2,
        [1_000, 3_000],
        4_000,
        [
          ['1000', -1_000],
          ['3000', -3_000],
          ['last', 3_000],
        ],
        [1_000],
        ['3000', '1000'],
        [1_000, 3_000],
        true,
      ],
      [
        'b',
        9_999,
        1,
        [2_000],
        2_000,
        [
          ['2000', -2_000],
          ['last', 2_000],
        ],
        [0],
        ['2000'],
        [2_000],
        true,
      ],
    ]);
  });

  it('fires timers of both domains, by their tags', async () => {
    expect(await outputOf('stateful', 'timers')).toEqual([
      ['again', 40, 40],
      ['moved', 5, 5],
      ['one', 10, 10],
      ['soon', 7],
      ['two', 20, 20],
    ]);
  });

  it('tells of the end of a window, after the timers that fire before it', async () => {
    expect(await outputOf('stateful', 'expiration')).toEqual([
      ['a', 0, 22, 9_999],
      ['a', 10_000, 21, 19_999],
      ['b', 0, 21, 9_999],
    ]);
  });

  it('fails with the step, the line and the cause', async () => {
    const { result } = await run('steps', 'failing');
    expect(result).toMatchObject({
      state: 'FAILED',
      error: {
        kind: 'function',
        step: 'check',
        source: expect.stringMatching(/:\d+:\d+$/),
        cause: { name: 'RangeError', message: 'no bad words' },
      },
    });
  });

  it.each([
    ['cancel', 'CANCELLED'],
    ['stop', 'STOPPED'],
  ] as const)('ends a pipeline without an end by %s', async (verb, state) => {
    const { program, output } = await open('sources', 'endless');
    const job = prism().start(program, 30_000);
    await Promise.race([written(output), job.result]);
    job[verb]();
    expect((await job.result).state).toBe(state);
  });

  it('ends a pipeline whose function does not come back, and goes on with the next job', async () => {
    const { program, output } = await open('steps', 'stuck');
    const job = prism().start(program, 30_000);
    await Promise.race([written(output), job.result]);
    job.cancel();
    expect((await job.result).state).toBe('CANCELLED');
    expect(await outputOf('word-count')).toHaveLength(4);
  });

  it('starts a worker pool of its own, and passes on what functions print', async () => {
    const { result, output } = await run('steps', 'printing', true);
    expect(result.error).toBeUndefined();
    expect(output).toEqual(['a', 'b']);
    expect(result.logs.map(({ message }) => message)).toEqual(expect.arrayContaining(['printed a', 'printed b']));
  });

  it('passes on what functions log', async () => {
    const { result } = await run('steps', 'counters', true);
    for (const word of ['a', 'word', 'longer'])
      expect(result.logs).toContainEqual({
        level: 'info',
        message: `saw ${word}`,
        step: 'count long',
        fields: { length: word.length, by: '[Function: by]' },
      });
  });

  it('fails when a function ends its thread, and goes on with the next job', async () => {
    const { result } = await run('steps', 'exiting');
    expect(result).toMatchObject({ state: 'FAILED', error: { code: 'REMOTE_KERNEL' } });
    expect(await outputOf('word-count')).toHaveLength(4);
  });

  it('runs several jobs at a time', async () => {
    const jobs = await Promise.all(Array.from({ length: 6 }, () => open('word-count', 'default')));
    const results = await prism().runAll(jobs.map(({ program }) => program));
    expect(results.map(({ state }) => state)).toEqual(jobs.map(() => 'DONE'));
    for (const { output } of jobs) expect(readFileSync(output, 'utf8').trimEnd().split('\n')).toHaveLength(4);
  });
});

/** Resolves when the file holds something; its folder is there from the start. */
async function written(path: string): Promise<void> {
  const changes = watch(dirname(path), { signal: AbortSignal.timeout(20_000) });
  if (existsSync(path)) return;
  for await (const _ of changes) if (existsSync(path)) return;
}
