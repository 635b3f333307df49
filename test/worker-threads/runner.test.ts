import { buildPlan, create, definePipeline, type PipelineResult } from 'millrace';
import { describe, expect, it } from 'vitest';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import { createWorkerThreadsRunner } from '#millrace/runners/worker-threads/index.js';
import { deadline } from '../support/deadline.js';
import { countersOf, openProgram, run, start } from './support/run-program.js';

const sorted = (result: PipelineResult) =>
  [...result.metrics].sort((a, b) => (`${a.step} ${a.name}` < `${b.step} ${b.name}` ? -1 : 1));

describe('worker threads', () => {
  it.each([
    { threads: 1 },
    { threads: 2 },
    { threads: 4 },
    { threads: 2, parallelism: 5 },
    { threads: 4, parallelism: 1 },
  ])('count words as one thread does: %o', async (layout) => {
    const program = await openProgram('word-count.ts', { lines: 3000 });
    const direct = await (await createDirectRunner().run(program)).wait();
    const result = await run(program, layout);
    expect(result.error).toBeUndefined();
    expect(result.state).toBe('DONE');
    expect(sorted(result)).toEqual(sorted(direct));
  });

  it('give the same with batches of one element', async () => {
    const program = await openProgram('word-count.ts', { lines: 300 });
    const direct = await (await createDirectRunner().run(program)).wait();
    expect(sorted(await run(program, { threads: 2, batchCapacity: 1 }))).toEqual(sorted(direct));
  });

  it('share one key among no tasks: all of it arrives in one place', async () => {
    const result = await run(await openProgram('exchange.ts', {}, 'skewed'), { threads: 2 });
    expect(result.error).toBeUndefined();
    expect(countersOf(result, 'total')).toEqual({ elements: 1001, sum: 100_000, tasks: 2 });
  });

  it('get through many exchanges of large elements without waiting for each other for ever', async () => {
    const result = await run(await openProgram('exchange.ts', {}, 'manyStages'), { threads: 2 });
    expect(result.error).toBeUndefined();
    expect(countersOf(result, 'total')).toEqual({ elements: 400, sum: (399 * 400) / 2, tasks: 2 });
  });

  it.each(['manyStages', 'branches', 'skewed'])(
    'lose no wake-up with hardly any ring and credit, and no barrier that would wake them by chance: %s',
    async (name) => {
      const options = { elements: 120, ...(name === 'manyStages' && { stages: 4 }) };
      const result = await run(await openProgram('exchange.ts', options, name), {
        threads: 3,
        ringBytes: 1024,
        creditBytes: 1,
        batchCapacity: 2,
        epochIntervalMs: 1e8,
      });
      expect(result.error).toBeUndefined();
      expect(countersOf(result, 'total').sum).toBe(name === 'skewed' ? 120 : (119 * 120) / 2);
    },
  );

  it('join branches and group by keys of any kind of value', async () => {
    const result = await run(await openProgram('exchange.ts', {}, 'branches'), { threads: 3 });
    expect(result.error).toBeUndefined();
    expect(countersOf(result, 'total')).toEqual({ elements: 5000, sum: (4999 * 5000) / 2, tasks: 3 });
  });

  it('give every task a DoFn of its own, torn down at the end', async () => {
    const result = await run(await openProgram('ends.ts', {}, 'few'), { threads: 2, parallelism: 6 });
    expect(countersOf(result, 'sink')).toEqual({ elements: 3, setup: 6, teardown: 6 });
  });

  it('refuse inline functions by name before anything starts', async () => {
    const definition = definePipeline({
      name: 'inline',
      options: {},
      build: (p) => void p.apply('numbers', create([1])).map('mine', (n) => n),
    });
    const program = buildPlan(definition, { inline: true });
    const runner = createWorkerThreadsRunner({ threads: 2 });
    const error = await runner.run(program).catch((e) => e);
    expect(error).toMatchObject({ code: 'PLAN_UNSUPPORTED' });
    expect(error.message).toMatch(/inline functions \(they run on direct only\) \(mine\)/);
  });

  it('refuse a number of threads that is none', () => {
    expect(() => createWorkerThreadsRunner({ threads: 0 })).toThrow(/threads is a whole number from 1/);
    expect(() => createWorkerThreadsRunner({ parallelism: 1.5 })).toThrow(/parallelism is a whole number from 1/);
  });
});

describe('a failure in one thread', () => {
  it.each([
    { how: 'throw', code: undefined, step: 'fail', cause: 'cannot do 77' },
    { how: 'setup', code: undefined, step: 'sink', cause: 'no sink today' },
    { how: 'finishBundle', code: undefined, step: 'sink', cause: 'not acknowledged' },
    { how: 'exit', code: 'THREAD_ENDED', step: undefined, cause: undefined },
    { how: 'callback', code: 'THREAD_FAILED', step: undefined, cause: 'nobody listens' },
  ])('ends all of them with its error: $how', async ({ how, code, step, cause }) => {
    const result = await run(await openProgram('ends.ts', { how }, 'failing'), { threads: 2 });
    expect(result.state).toBe('FAILED');
    if (code !== undefined) expect(result.error?.code).toBe(code);
    else expect(result.error?.kind).toBe('function');
    expect(result.error?.step).toBe(step);
    expect(result.error?.cause?.message).toBe(cause);
    if (how === 'throw') expect(result.error).toMatchObject({ element: '77', cause: { name: 'RangeError' } });
  });

  it('names the step and the place inside an element that cannot leave its thread', async () => {
    const result = await run(await openProgram('ends.ts', {}, 'unencodable'), { threads: 2 });
    expect(result.error).toMatchObject({ code: 'CODER_UNENCODABLE', kind: 'coder', step: 'make' });
    expect(result.error?.message).toContain('later[0]');
  });

  it('is the first one only, and what was set up is torn down', async () => {
    const result = await run(await openProgram('ends.ts', { how: 'throw' }, 'failing'), { threads: 2 });
    expect(countersOf(result, 'sink')).toMatchObject({ setup: 2, teardown: 2 });
  });
});

describe('the end of an endless pipeline', () => {
  const untilSome = async (handle: Awaited<ReturnType<typeof start>>): Promise<void> => {
    const deadline = Date.now() + 10_000;
    while (handle.progress().elementsIn < 200) {
      if (Date.now() > deadline) throw new Error('no progress within 10 s');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it('stop: everything that was emitted is acknowledged, and finalised where its reader lives', async () => {
    const handle = await start(await openProgram('ends.ts', {}, 'endless'), { threads: 2, epochIntervalMs: 100 });
    await untilSome(handle);
    handle.stop();
    const result = await handle.wait();
    expect(result.error).toBeUndefined();
    expect(result.state).toBe('STOPPED');
    const { emitted, finalised, closed } = countersOf(result, 'ticks/Read');
    expect(finalised).toBe(emitted);
    expect(closed).toBe(2);
    expect(countersOf(result, 'sink').elements).toBe(emitted);
  });

  it('stop: calls that never end are given up, and what they were called with is not finalised', async () => {
    const handle = await start(await openProgram('ends.ts', {}, 'stuck'), { threads: 2, epochIntervalMs: 100 });
    await untilSome(handle);
    handle.stop();
    const result = await deadline(handle.wait(), 20_000);
    expect(result.error).toBeUndefined();
    expect(result.state).toBe('STOPPED');
    expect(countersOf(result, 'ticks/Read')).toMatchObject({ finalised: 0, closed: 2 });
    expect(countersOf(result, 'sink').elements ?? 0).toBe(0);
  });

  it('metrics are told while it runs, and what is committed beside what was attempted', async () => {
    const handle = await start(await openProgram('ends.ts', {}, 'endless'), { threads: 2, epochIntervalMs: 50 });
    await untilSome(handle);
    const sink = async () =>
      (await handle.metrics()).filter(({ step, name }) => step === 'sink' && name === 'elements')[0];
    const until = Date.now() + 10_000;
    let seen = await sink();
    while (seen?.committed === undefined) {
      if (Date.now() > until) throw new Error('nothing committed within 10 s');
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen = await sink();
    }
    expect(Number(seen.value)).toBeGreaterThanOrEqual(Number(seen.committed));
    handle.stop();
    const { metrics } = await handle.wait();
    expect(metrics.filter(({ value, committed }) => value !== committed)).toEqual([]);
    expect(await handle.metrics()).toEqual(metrics);
  });

  it('drain: sources end, and all that is under way arrives', async () => {
    const handle = await start(await openProgram('ends.ts', {}, 'endless'), { threads: 2 });
    await untilSome(handle);
    handle.drain();
    const result = await handle.wait();
    expect(result.state).toBe('DRAINED');
    const { emitted, finalised } = countersOf(result, 'ticks/Read');
    expect(countersOf(result, 'sink').elements).toBe(emitted);
    expect(finalised).toBe(emitted);
  });

  it('cancel: at once, and torn down', async () => {
    const handle = await start(await openProgram('ends.ts', {}, 'endless'), { threads: 2 });
    await untilSome(handle);
    handle.cancel();
    const result = await handle.wait();
    expect(result.state).toBe('CANCELLED');
    expect(result.error).toBeUndefined();
    expect(countersOf(result, 'sink')).toMatchObject({ setup: 2, teardown: 2 });
  });

  it('cancel ends a function that never comes back', async () => {
    const handle = await start(await openProgram('ends.ts', { how: 'loop' }, 'failing'), { threads: 2 });
    const deadline = Date.now() + 10_000;
    while (handle.state !== 'RUNNING' && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    handle.cancel();
    expect((await handle.wait()).state).toBe('CANCELLED');
  });

  it('stop, drain and cancel before the threads have started', async () => {
    const program = await openProgram('ends.ts', {}, 'endless');
    for (const [end, state] of [
      ['stop', 'STOPPED'],
      ['drain', 'DRAINED'],
      ['cancel', 'CANCELLED'],
    ] as const) {
      const handle = await start(program, { threads: 2 });
      handle[end]();
      expect((await handle.wait()).state).toBe(state);
    }
  });
});

describe('a slow consumer in another thread', () => {
  it('holds its source back within the credit of the channels', async () => {
    const bytes = 10_000;
    const handle = await start(await openProgram('ends.ts', { bytes }, 'slowSink'), { threads: 2, batchCapacity: 16 });
    const deadline = Date.now() + 15_000;
    while (handle.progress().elementsOut < 200 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    handle.cancel();
    const result = await handle.wait();
    expect(result.error).toBeUndefined();
    const made = countersOf(result, 'made').elements!;
    const taken = countersOf(result, 'sink').elements!;
    expect(taken).toBeGreaterThanOrEqual(200);
    // Four channels (two of them local, of eight batches), the output buffers, and what a reader emits in a poll.
    const credit = 2 * ((1 << 19) / bytes + 16);
    const local = 2 * 8 * 16;
    expect(made - taken).toBeLessThan(credit + local + 2 * 1024 + 8 * 16);
  });
});
