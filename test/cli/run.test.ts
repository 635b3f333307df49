import { existsSync, readFileSync } from 'node:fs';
import { MAX_TIMESTAMP, type MetricResult, MillraceError } from 'millrace';
import { describe, expect, it, vi } from 'vitest';
import { Workspace } from '../program/workspace.js';
import { cli, FakeRunner, SHOUT, startCli } from './cli-run.js';

const module = () => new Workspace({ 'shout.ts': SHOUT }).path('shout.ts');

/** A command that runs a module on a runner that a test controls. */
async function startFake(args: readonly string[] = [], isTTY = false) {
  const fake = new FakeRunner();
  const run = startCli(['run', module(), '--runner=fake', ...args], { runners: [fake.entry], isTTY });
  await Promise.race([fake.started, run.code]);
  return { fake, run };
}

describe('run', () => {
  it('gives the options of the pipeline to its builder, and settings to the runner', async () => {
    const options = ['--text=hi there', '--times', '-2', '--no-loud', '--from', 'earliest', '--tags=a', '--tags', 'b'];
    const settings = ['--threads', '3', '--epoch-interval', '2s', '--engine-option', 'a=1', '--engine-option=b=x'];
    const { fake, run } = await startFake([...options, ...settings]);
    expect(run.stderr.text).toBe('');
    const values = { text: 'hi there', times: -2, loud: false, from: 'earliest', tags: ['a', 'b'] };
    expect(fake.program?.plan.options).toEqual(values);
    expect(fake.settings).toMatchObject({ threads: 3, epochIntervalMs: 2_000, engineOptions: { a: 1, b: 'x' } });
    fake.end('DONE');
    expect(await run.code).toBe(0);
    expect(run.stderr.text).toMatch(/DONE after 1\.2 s: 0 in, 0 out/);
  });

  it('takes everything after -- as options of the pipeline', async () => {
    const { fake, run } = await startFake(['--', '--text', 'x']);
    expect(fake.program?.plan.options).toMatchObject({ text: 'x' });
    fake.end('DONE');
    expect(await run.code).toBe(0);
  });

  it('runs a module on the direct runner', async () => {
    const text = SHOUT.replace('.countPerElement()', ".map('say', (text) => { globalThis.said = text; })");
    const { code, err } = await cli(['run', new Workspace({ 'a.ts': text }).path('a.ts'), '--text', 'hello']);
    expect({ code, said: Reflect.get(globalThis, 'said') }).toEqual({ code: 0, said: 'HELLO' });
    expect(err).toContain('DONE');
  });

  it('ends with 1 when a function throws, and says where', async () => {
    const path = module();
    const { code, err, out } = await cli(['run', path, '--text', 'fail']);
    expect(code).toBe(1);
    expect(out).toBe('');
    for (const part of ['error FUNCTION_THREW', 'step: shout', `source: ${path}:13:8`, 'cause: TypeError: too loud']) {
      expect(err).toContain(part);
    }
    expect(err).not.toMatch(/^ +at /m);
  });

  it('shows the stack of the cause when asked to, with the lines of the module', async () => {
    const path = module();
    const { err } = await cli(['run', path, '--text', 'fail', '--verbose']);
    expect(err).toMatch(new RegExp(`^ +at .*${path}:14:3\\d`, 'm'));
  });

  it('writes the plan and its bundle beside when asked to', async () => {
    const w = new Workspace({ 'shout.ts': SHOUT });
    expect((await cli(['run', w.path('shout.ts'), '--save-plan', w.path('out/plan.json')])).code).toBe(0);
    const plan = JSON.parse(readFileSync(w.path('out/plan.json'), 'utf8'));
    expect(existsSync(w.path(`out/${plan.components.environments.node.payload.bundle}.mjs`))).toBe(true);
    expect(plan.displayData.shout.source).toBe('shout.ts:13:8');
  });

  it('shows the options of a command, and of a pipeline', async () => {
    const { code, out } = await cli(['run', module(), '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--runner <name>');
    expect(out).toMatch(/--text <string> +what to shout \(default: "hello"\)/);
    expect(out).toMatch(/--times <integer> +\(optional\)/);
    expect(out).toMatch(/--loud +\(default: true\)/);
    expect(out).toMatch(/--from <latest\|earliest> +\(default: "latest"\)/);
    expect((await cli(['run', '--help'])).code).toBe(0);
  });
});

describe('a pipeline that ends', () => {
  it.each([
    ['DONE', 0],
    ['STOPPED', 0],
    ['DRAINED', 0],
    ['FAILED', 1],
    ['CANCELLED', 1],
  ] as const)('%s: %i', async (state, code) => {
    const { fake, run } = await startFake();
    fake.end(state);
    expect(await run.code).toBe(code);
  });

  it('tells its metrics, as JSON when asked to', async () => {
    const { fake, run } = await startFake(['--log-format=json']);
    const details = { step: 's', hint: 'try again', cause: new Error('why') };
    const error = new MillraceError('X_FAILED', 'external', 'it failed', details).toEnvelope();
    const metrics: MetricResult[] = [
      { kind: 'counter', step: 's', name: 'seen', value: 3 },
      { kind: 'counter', step: 's', name: 'none', value: 0 },
      { kind: 'distribution', step: 's', name: 'size', value: { sum: 9, count: 2, min: 4, max: 5 } },
      { kind: 'gauge', step: 's', name: 'open', value: { value: 7, timestamp: 0 } },
      { kind: 'stringSet', step: 's', name: 'files', value: ['a', 'b'] },
    ];
    fake.end('FAILED', { metrics, error });
    expect(await run.code).toBe(1);
    const records = run.stderr.text.trim().split('\n');
    expect(records.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: 'info',
        message: 'metrics',
        step: 's',
        seen: 3,
        size: { sum: 9, count: 2, min: 4, max: 5, mean: 4.5 },
        open: 7,
        files: ['a', 'b'],
      },
      { level: 'info', message: expect.stringContaining('FAILED') },
      { level: 'error', code: 'X_FAILED', step: 's', hint: 'try again', cause: { message: 'why' } },
    ]);
    expect(run.stderr.text).not.toContain('"stack"');
    expect(run.stderr.text).not.toContain('none');
  });
});

it('an assertion of the pipeline that never ran fails the run', async () => {
  const text = `import { definePipeline, create } from 'millrace';
    import { PAssert } from 'millrace/testing';
    export default definePipeline({ name: 'x', build(p) { PAssert.that(p.apply('one', create([1]))).containsInAnyOrder([1]); } });`;
  const path = new Workspace({ 'm.ts': text }).path('m.ts');
  expect(await cli(['run', path])).toMatchObject({ code: 0 });
  const fake = new FakeRunner();
  const run = startCli(['run', path, '--runner=fake'], { runners: [fake.entry] });
  await fake.started;
  fake.end('DONE');
  expect(await run.code).toBe(1);
  expect(run.stderr.text).toMatch(/error PASSERT_\w+: /);
});

describe('what does not start', () => {
  it.each([
    ['plan', 2],
    ['options', 2],
    ['external', 1],
    ['internal', 1],
  ] as const)('for a reason of kind %s: %i', async (kind, code) => {
    const fake = new FakeRunner(new MillraceError('NO_WAY', kind, 'no way'));
    const result = await cli(['run', module(), '--runner=fake'], { runners: [fake.entry] });
    expect(result).toMatchObject({ code, err: expect.stringContaining('error NO_WAY: no way') });
  });
});

describe('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s stops, and ends at once the second time', async (signal, code) => {
    const { fake, run } = await startFake();
    run.signal(signal);
    expect(fake.calls).toEqual(['stop']);
    expect(run.ended).toEqual([]);
    run.signal(signal);
    expect(run.ended).toEqual([code]);
    fake.end('STOPPED');
    expect(await run.code).toBe(0);
    run.signal(signal);
    expect(run.ended).toEqual([code]);
  });

  it('before anything runs end at once', async () => {
    const fake = new FakeRunner();
    const run = startCli(['run', module(), '--runner=fake'], { runners: [fake.entry] });
    await Promise.resolve();
    run.signal('SIGINT');
    expect(run.ended).toEqual([130]);
    await fake.started;
    fake.end('DONE');
    await run.code;
  });
});

describe('progress', () => {
  const progress = { elementsIn: 12_345, elementsOut: 67, lag: 8, watermark: Date.UTC(2026, 0, 1) };
  const ERASE = '\r\u001b[2K';

  it('is a line that is written over on a terminal, below what others write', async () => {
    const { fake, run } = await startFake([], true);
    fake.current = progress;
    await vi.waitFor(() => expect(run.stderr.text).toContain('in 12,345  out 67'));
    expect(run.stderr.text).toMatch(/\d\/s {2}lag 8 {2}watermark 2026-01-01T00:00:00\.000Z$/);
    run.stdout.write('a line of the pipeline\n');
    expect(run.stderr.text.endsWith(ERASE)).toBe(true);
    fake.current = { ...progress, watermark: MAX_TIMESTAMP };
    await vi.waitFor(() => expect(run.stderr.text).toContain('watermark at the end'));
    fake.end('DONE');
    await run.code;
    expect(run.stderr.text.split(ERASE).at(-1)).toMatch(/^\S+ info {2}DONE after .*\n$/);
    expect(run.stdout.text).toBe('a line of the pipeline\n');
  });

  it('is a log record every five seconds elsewhere', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const { fake, run } = await startFake();
      fake.current = progress;
      vi.advanceTimersByTime(11_000);
      expect(
        run.stderr.text.match(/info {2}progress in=12345 out=67 perSecond=\d+ lag=8 watermark=2026/g),
      ).toHaveLength(2);
      expect(run.stderr.text).not.toContain(ERASE);
      fake.end('DONE');
      await run.code;
    } finally {
      vi.useRealTimers();
    }
  });
});
