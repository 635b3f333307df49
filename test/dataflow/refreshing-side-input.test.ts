import {
  buildPlan,
  definePipeline,
  fixedWindows,
  type LogRecord,
  type Pipeline,
  type PipelineHandle,
  type RefreshingOptions,
  refreshingSideInput,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import { deadline } from '../support/deadline.js';
import { collect, Feed, settle } from './feed.js';

const MINUTE = 60_000;

/** What is loaded, when the test says so. */
class Table {
  readonly calls: number[] = [];
  private readonly answers: { resolve(value: string): void; reject(error: Error): void }[] = [];

  readonly load = (n: number): Promise<string> => {
    this.calls.push(n);
    return new Promise((resolve, reject) => this.answers.push({ resolve, reject }));
  };

  async answer(value: string | Error): Promise<void> {
    const answer = this.answers.shift()!;
    if (value instanceof Error) answer.reject(value);
    else answer.resolve(value);
    await settle();
  }
}

interface Run {
  readonly table: Table;
  readonly feed: Feed;
  readonly clock: VirtualClock;
  readonly handle: PipelineHandle;
  readonly log: LogRecord[];
  give(...values: number[]): Promise<unknown[]>;
  pass(ms: number): Promise<void>;
}

async function start(options: RefreshingOptions<string> = {}, bounded = false): Promise<Run> {
  const table = new Table();
  const feed = new Feed();
  const clock = new VirtualClock();
  const out: unknown[] = [];
  const log: LogRecord[] = [];
  const main = (p: Pipeline) => (bounded ? p.create('Main', [1, 2]) : p.read('Main', () => feed.source, null));
  const definition = definePipeline({
    name: 'refreshing',
    build: (p) => {
      const value = p.apply('Table', refreshingSideInput(MINUTE, table.load, options));
      main(p)
        .windowInto('Windows', fixedWindows(10))
        .map('See', (n, { value: seen }) => `${n}${seen}`, { sideInputs: { value } })
        .parDo('Out', collect(out));
    },
  });
  const { plan, resolver } = buildPlan(definition, { inline: true });
  const runner = createDirectRunner({ clock, log: (record) => log.push(record), epochIntervalMs: 1e9 });
  const handle = await runner.run({ plan, resolver });
  await settle();
  return {
    table,
    feed,
    clock,
    handle,
    log,
    async give(...values) {
      feed.give(...values);
      await settle();
      return out.splice(0);
    },
    async pass(ms) {
      clock.advance(ms);
      await settle();
    },
  };
}

const ended = async ({ handle }: Run): Promise<string> => {
  const { state, error } = await deadline(handle.wait(), 5_000);
  return error === undefined ? state : `${state} ${error.step} ${error.cause?.message ?? error.message}`;
};

describe('refreshingSideInput', () => {
  it('is waited for once, and then seen as it was loaded last', async () => {
    const run = await start();
    expect(await run.give(1)).toEqual([]);
    await run.table.answer('a');
    expect(await run.give()).toEqual(['1a']);
    expect(await run.give(25)).toEqual(['25a']);
    await run.pass(MINUTE);
    expect(run.table.calls).toEqual([0, 1]);
    // The second load is under way.
    expect(await run.give(26)).toEqual(['26a']);
    await run.table.answer('b');
    expect(await run.give(27)).toEqual(['27b']);
    run.handle.stop();
    expect(await ended(run)).toBe('STOPPED');
  });

  it('loads one after the other, however long one takes', async () => {
    const run = await start();
    await run.pass(10 * MINUTE);
    expect(run.table.calls).toEqual([0]);
    await run.table.answer('a');
    expect(run.table.calls).toEqual([0, 1]);
    await run.table.answer('b');
    expect(run.table.calls).toEqual([0, 1]);
    await run.pass(MINUTE);
    expect(run.table.calls).toEqual([0, 1, 2]);
    run.handle.cancel();
    expect(await ended(run)).toBe('CANCELLED');
  });

  it('tries a load again, and fails with its last error', async () => {
    const run = await start({ attempts: 2, retryDelay: 500 });
    await run.table.answer(new Error('first'));
    expect(run.table.calls).toEqual([0]);
    await run.pass(500);
    expect(run.table.calls).toEqual([0, 0]);
    await run.table.answer('a');
    expect(await run.give(1)).toEqual(['1a']);
    await run.pass(MINUTE);
    await run.table.answer(new Error('second'));
    await run.pass(500);
    await run.table.answer(new Error('third'));
    expect(await ended(run)).toBe('FAILED Table/Load/Read third');
  });

  it('may keep the value where a load has failed', async () => {
    const run = await start({ attempts: 1, onFailure: 'keep' });
    await run.table.answer('a');
    await run.pass(MINUTE);
    await run.table.answer(new Error('gone'));
    expect(await run.give(1)).toEqual(['1a']);
    expect(run.log.map(({ level, message }) => `${level} ${message}`)).toContainEqual(
      expect.stringMatching(/^warn load 1 failed, the value stays as it was: Error: gone/),
    );
    await run.pass(MINUTE);
    await run.table.answer('b');
    expect(await run.give(2)).toEqual(['2b']);
    run.handle.cancel();
    expect(await ended(run)).toBe('CANCELLED');
  });

  it('has no value to keep before the first one', async () => {
    const run = await start({ attempts: 1, onFailure: 'keep' });
    await run.table.answer(new Error('gone'));
    expect(await ended(run)).toBe('FAILED Table/Load/Read gone');
  });

  it('lets a bounded pipeline end after the last load', async () => {
    const run = await start({ times: 1 }, true);
    await run.table.answer('a');
    expect(await ended(run)).toBe('DONE');
    expect(await run.give()).toEqual(['1a', '2a']);
    expect(run.table.calls).toEqual([0]);
  });

  it('does not let one end that loads for ever, until it is drained', async () => {
    const run = await start({}, true);
    await run.table.answer('a');
    expect(await run.give()).toEqual(['1a', '2a']);
    await run.pass(5 * MINUTE);
    expect(run.handle.state).toBe('RUNNING');
    run.handle.drain();
    expect(await ended(run)).toBe('DRAINED');
  });
});
