import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { JsonValue, PipelineResult, Program } from 'millrace';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWorkerThreadsRunner, type WorkerThreadsRunnerOptions } from '#millrace/runners/worker-threads/index.js';
import { deadline } from '../support/deadline.js';
import { countersOf, openProgram } from './support/run-program.js';

const traces = (options: Record<string, JsonValue> = {}): Promise<Program> =>
  openProgram('traces.ts', options, 'traces');

function runner(options: WorkerThreadsRunnerOptions = {}) {
  const made = createWorkerThreadsRunner({ threads: 2, ...options });
  onTestFinished(() => made.close());
  return made;
}

const run = async (on: ReturnType<typeof runner>, program: Program): Promise<PipelineResult> =>
  (await on.run(program)).wait();

/** What the two threads have seen, added up. */
const seen = (result: PipelineResult) => {
  expect(result.error).toBeUndefined();
  const { elements, 'runs of the module': module, 'runs of the build': build } = countersOf(result, 'trace');
  return { elements, module, build };
};

const FIRST = { elements: 10, module: 2, build: 2 };
const SECOND = { elements: 10, module: 4, build: 2 };

describe('threads that are used again', () => {
  it('keep the module, and build the pipeline anew', async () => {
    const on = runner();
    const program = await traces();
    expect(seen(await run(on, program))).toEqual(FIRST);
    expect(seen(await run(on, program))).toEqual(SECOND);
    expect(seen(await run(on, await traces({ elements: 20 })))).toEqual({ elements: 20, module: 6, build: 2 });
  });

  it('are not those of another runner', async () => {
    const program = await traces();
    expect(seen(await run(runner(), program))).toEqual(FIRST);
    expect(seen(await run(runner(), program))).toEqual(FIRST);
  });

  it('never serve another program', async () => {
    const on = runner();
    expect(seen(await run(on, await traces()))).toEqual(FIRST);
    const other = await openProgram('ends.ts', {}, 'few');
    expect(countersOf(await run(on, other), 'sink')).toMatchObject({ elements: 3 });
    expect(seen(await run(on, await traces()))).toEqual(SECOND);
  });

  it('are not kept where that is not wanted', async () => {
    const on = runner({ reuseThreads: false });
    expect(seen(await run(on, await traces()))).toEqual(FIRST);
    expect(seen(await run(on, await traces()))).toEqual(FIRST);
  });

  it('are left when the program has left something open: by that thread only', async () => {
    const on = runner();
    expect(seen(await run(on, await traces({ leave: 'timer' })))).toEqual(FIRST);
    expect(seen(await run(on, await traces()))).toEqual({ elements: 10, module: 1 + 2, build: 2 });
  });

  it('do not take part in two runs at once', async () => {
    const on = runner();
    const program = await traces({ elements: 20_000 });
    const both = await Promise.all([on.run(program), on.run(program)]);
    for (const handle of both) expect(seen(await handle.wait())).toEqual({ ...FIRST, elements: 20_000 });
    // Both pairs of threads have worked once.
    expect(seen(await run(on, await traces()))).toEqual(SECOND);
  });

  it.each(['throw', 'setup', 'exit', 'callback', 'finishBundle'])(
    'are new ones after a run that failed: %s',
    async (how) => {
      const on = runner();
      const failing = await openProgram('ends.ts', { how }, 'failing');
      const few = await openProgram('ends.ts', {}, 'few');
      for (let i = 0; i < 2; i++) {
        expect((await run(on, failing)).state).toBe('FAILED');
        const result = await run(on, few);
        expect(result.state).toBe('DONE');
        expect(countersOf(result, 'sink')).toMatchObject({ elements: 3, setup: 2, teardown: 2 });
      }
    },
  );

  it('are new ones after a run that was cancelled', async () => {
    const on = runner();
    const handle = await on.run(await openProgram('ends.ts', {}, 'endless'));
    handle.cancel();
    expect((await handle.wait()).state).toBe('CANCELLED');
    expect(countersOf(await run(on, await openProgram('ends.ts', {}, 'few')), 'sink')).toMatchObject({ elements: 3 });
  });
});

describe('a runner that is closed', () => {
  it('lets what runs end, and starts nothing more', async () => {
    const on = runner();
    const handle = await on.run(await traces({ elements: 50_000 }));
    const closed = on.close();
    await expect(on.run(await traces())).rejects.toMatchObject({ code: 'RUNNER_CLOSED' });
    expect(seen(await handle.wait())).toEqual({ ...FIRST, elements: 50_000 });
    await deadline(closed, 10_000, 'close');
  });

  it('ends its idle threads', async () => {
    const on = runner();
    await run(on, await traces());
    await deadline(on.close(), 10_000, 'close');
    await deadline(on.close(), 10_000, 'close again');
  });
});

describe('a process with idle threads', () => {
  it('ends by itself, with what was written in a thread before the end was known', async () => {
    const { bundle } = await traces();
    const script = fileURLToPath(new URL('./support/run-once.mjs', import.meta.url));
    const request = JSON.stringify({ bundle, exportName: 'traces', options: { leave: 'text' } });
    const { stdout } = await promisify(execFile)(process.execPath, [script, request], { timeout: 20_000 });
    expect(stdout).toBe('from a thread\nDONE\n');
  });
});
