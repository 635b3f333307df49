import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MILLRACE_ENVIRONMENT, MillraceError, type Plan, type Program } from 'millrace';
import { afterEach, describe, expect, it } from 'vitest';
import { artifactToBeam } from '#millrace/runners/beam/artifacts.js';
import { encodeFailure } from '#millrace/runners/beam/failure.js';
import { JobState_Enum } from '#millrace/runners/beam/generated/job_pb.js';
import { metricToBeam } from '#millrace/runners/beam/user-metrics.js';
import { createRemoteRunner } from '#millrace/runners/remote/index.js';
import { samplePlan } from '../beam/sample-plan.js';
import { tempFolder } from '../support/temp-folder.js';
import { FakeEngine, type FakeEngineScript } from './fake-engine.js';

const CODE = 'export default 1;\n'.repeat(100_000);

const SHA256 = createHash('sha256').update(CODE).digest('hex');

function program(): Program {
  const { components } = samplePlan();
  const { opaque: _, ...transforms } = components.transforms;
  const payload = { bundle: SHA256, export: 'default', millraceVersion: '0.1.0' };
  const environments = { node: { urn: MILLRACE_ENVIRONMENT.node, payload } };
  const plan: Plan = { ...samplePlan(), components: { ...components, transforms, environments } };
  const path = join(tempFolder(), 'bundle.mjs');
  writeFileSync(path, CODE);
  return {
    plan,
    bundle: { path, sha256: SHA256 },
    resolver: {
      resolve: () => expect.fail('functions are found by the workers'),
      instantiate: () => expect.fail('functions are found by the workers'),
    },
  };
}

let engine: FakeEngine | undefined;
afterEach(() => engine?.close());

async function run(script: FakeEngineScript, deadlineMs = 10_000) {
  engine = await FakeEngine.start(script);
  const runner = createRemoteRunner({ endpoint: engine.endpoint, workerPool: '127.0.0.1:1', deadlineMs });
  return { engine, handle: await runner.run(program()) };
}

describe('the remote runner', () => {
  it.each([false, true])('stages the plan and the bundle (asked to resolve them first: %s)', async (resolve) => {
    const { engine, handle } = await run({ resolve });
    expect((await handle.wait()).state).toBe('DONE');
    expect([...engine.artifacts.keys()].sort()).toEqual(['bundle.mjs', 'plan.json']);
    expect(engine.artifacts.get('bundle.mjs')).toBe(CODE);
    expect(JSON.parse(engine.artifacts.get('plan.json') ?? '')).toEqual(JSON.parse(JSON.stringify(program().plan)));
    expect(new Set(engine.tokens)).toEqual(new Set(['token']));
    expect(engine.prepared?.jobName).toBe('sample');
  });

  it('answers the metrics of the job, merged by step and name', async () => {
    const metrics = [
      metricToBeam({ kind: 'counter', step: 'b', name: 'n', value: 1 }, 'x1'),
      metricToBeam({ kind: 'counter', step: 'a', name: 'n', value: 2 ** 40 }, 'x2'),
      metricToBeam({ kind: 'counter', step: 'a', name: 'n', value: -3 }, 'x3'),
    ];
    const { handle } = await run({ metrics });
    expect((await handle.wait()).metrics).toEqual([
      { kind: 'counter', step: 'a', name: 'n', value: 2 ** 40 - 3 },
      { kind: 'counter', step: 'b', name: 'n', value: 1 },
    ]);
  });

  it('fails with the error of the author, through whatever the engine wraps it in', async () => {
    const error = new MillraceError('FUNCTION_FAILED', 'function', 'the function threw', {
      step: 'words',
      source: 'a.ts:1:2',
      element: '"Größe"',
      cause: new TypeError('x is not a function'),
    });
    const errors = ['something else', `java.lang.RuntimeException: "${encodeFailure(error)}"\n\tat org.example.Some`];
    const { handle } = await run({ states: [JobState_Enum.RUNNING, JobState_Enum.FAILED], errors });
    const result = await handle.wait();
    expect(result).toMatchObject({ state: 'FAILED', error: JSON.parse(JSON.stringify(error.toEnvelope())) });
  });

  it('fails with what the engine said last, where no worker sent an error', async () => {
    const { handle } = await run({ states: [JobState_Enum.FAILED], errors: ['first', 'no slots left'] });
    const { error } = await handle.wait();
    expect(error).toMatchObject({ code: 'REMOTE_JOB_FAILED', message: expect.stringContaining('no slots left') });
  });

  it.each([
    ['stop', 'STOPPED'],
    ['cancel', 'CANCELLED'],
  ] as const)('ends a job by %s', async (verb, state) => {
    const { handle } = await run({ states: [JobState_Enum.RUNNING] });
    handle[verb]();
    expect((await handle.wait()).state).toBe(state);
  });

  it('drains a job where the engine knows how', async () => {
    const { handle } = await run({ states: [JobState_Enum.RUNNING], drains: true });
    handle.drain();
    expect((await handle.wait()).state).toBe('DRAINED');
  });

  it('refuses to drain a job, by name, where the engine does not; the job goes on', async () => {
    const { handle } = await run({ states: [JobState_Enum.RUNNING] });
    expect(() => handle.drain()).toThrow(
      expect.objectContaining({ code: 'REMOTE_UNSUPPORTED', message: expect.stringContaining('cannot drain jobs') }),
    );
    handle.stop();
    expect((await handle.wait()).state).toBe('STOPPED');
  });

  it('cancels a job that outlives its deadline', async () => {
    const { handle } = await run({ states: [JobState_Enum.RUNNING] }, 50);
    expect(await handle.wait()).toMatchObject({ state: 'FAILED', error: { code: 'REMOTE_TIMEOUT' } });
  });

  it('fails when the engine goes away', async () => {
    const { engine, handle } = await run({ states: [JobState_Enum.RUNNING] });
    engine.close();
    expect(await handle.wait()).toMatchObject({ state: 'FAILED', error: { kind: 'external' } });
  });

  it('gives no file away that is not of the job', async () => {
    const stray = artifactToBeam({ name: 'plan.json', path: '/etc/hostname', sha256: '00' });
    await expect(run({ stray })).rejects.toMatchObject({ code: 'REMOTE_ARTIFACT' });
  });

  it('refuses a plan whose functions are in a bundle that is not there', async () => {
    const { bundle: _, ...without } = program();
    const runner = createRemoteRunner({ endpoint: '127.0.0.1:1', workerPool: '127.0.0.1:1' });
    await expect(runner.run(without)).rejects.toMatchObject({ code: 'REMOTE_NO_BUNDLE' });
  });

  it('says within seconds that nobody answers', async () => {
    const runner = createRemoteRunner({ endpoint: '127.0.0.1:1', workerPool: '127.0.0.1:1' });
    const startedAt = performance.now();
    await expect(runner.run(program())).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE', kind: 'external' });
    expect(performance.now() - startedAt).toBeLessThan(8_000);
  });
});

describe('the check before a run', () => {
  const runner = createRemoteRunner({ endpoint: '127.0.0.1:1' });
  const withSpec = (id: string, spec: object): Plan => {
    const { plan } = program();
    const transforms = { ...plan.components.transforms, [id]: { ...plan.components.transforms[id], spec } };
    return { ...plan, components: { ...plan.components, transforms: transforms as Plan['components']['transforms'] } };
  };
  const parDo = (fn: object, more: object = {}) => ({
    urn: 'beam:transform:pardo:v1',
    payload: { doFn: { urn: 'millrace:do_fn:map:v1', payload: { fn } }, ...more },
  });
  const rebuilt = { kind: 'rebuild', step: 's', slot: 'fn', textHash: '0' };
  const ofModule = { kind: 'module', module: 'm', export: 'e', arguments: null };
  const odd = { urn: 'example:odd:v1' };
  const asyncWithSide = {
    urn: 'beam:transform:pardo:v1',
    payload: { doFn: { urn: 'millrace:do_fn:map_async:v1', payload: { fn: rebuilt } }, sideInputs: { s: {} } },
  };

  it('finds nothing wrong with what can run', () => {
    expect(runner.check(program().plan)).toEqual([]);
  });

  it.each([
    ['inline functions', 'source', parDo({ kind: 'inline', token: 't' }), /inline functions/],
    [
      'sources whose readers cannot be closed',
      'source',
      {
        urn: 'beam:transform:pardo:v1',
        payload: { doFn: { urn: 'millrace:do_fn:splittable:v1', payload: { fn: rebuilt, readersStayOpen: true } } },
      },
      /readers must stay open/,
    ],
    ['state that merges', 'merge', parDo(rebuilt, { stateSpecs: { s: {} } }), /state in windows that merge/],
    ['stable input', 'source', parDo(rebuilt, { requiresStableInput: true }), /stable input/],
    ['side inputs of asynchronous steps', 'source', asyncWithSide, /side inputs of millrace:do_fn:map_async/],
    ['functions of modules', 'source', parDo(ofModule), /functions of kind module/],
    ['unknown leaves', 'impulse', odd, /example:odd:v1/],
    [
      'windows of another SDK',
      'window',
      { urn: 'beam:transform:window_into:v1', payload: { windowFn: { urn: 'example:window_fn:v1' } } },
      /window function example:window_fn:v1/,
    ],
    [
      'custom windows of this process',
      'window',
      {
        urn: 'beam:transform:window_into:v1',
        payload: { windowFn: { urn: 'millrace:window_fn:custom:v1', payload: { fn: { kind: 'inline', token: 't' } } } },
      },
      /inline functions/,
    ],
  ])('names %s and their steps', (_, id, spec, feature) => {
    const plan = withSpec(id, spec);
    const found = runner.check(plan);
    expect(found).toHaveLength(1);
    expect(found[0]?.feature).toMatch(feature);
    expect(found[0]?.steps).toEqual([plan.components.transforms[id]?.uniqueName]);
  });

  const withStrategy = (changes: object): Plan => {
    const { plan } = program();
    const [id, strategy] = Object.entries(plan.components.windowingStrategies)[0]!;
    const windowFn = { urn: 'millrace:window_fn:custom:v1', payload: { fn: rebuilt } };
    const changed = { ...strategy, windowFn, ...changes } as typeof strategy;
    const coders = { ...plan.components.coders, own: { spec: { urn: 'beam:coder:custom_window:v1' } } };
    return { ...plan, components: { ...plan.components, coders, windowingStrategies: { [id]: changed } } };
  };

  it('takes custom windows that are intervals, and refuses others by name', () => {
    const features = (changes: object) => runner.check(withStrategy(changes)).map(({ feature }) => feature);
    expect(features({})).toEqual([]);
    expect(features({ mergeStatus: 'NEEDS_MERGE' })).toEqual([expect.stringContaining('customMergingWindows')]);
    expect(features({ windowCoderId: 'own' })).toEqual([expect.stringContaining('customWindowTypes')]);
  });

  it('refuses everything in one error, before anything starts', async () => {
    const plan = { ...withSpec('impulse', odd), requirements: ['beam:requirement:odd:v1'] };
    await expect(runner.run({ ...program(), plan })).rejects.toMatchObject({
      code: 'PLAN_UNSUPPORTED',
      message: expect.stringMatching(/beam:requirement:odd:v1[\s\S]*example:odd:v1 \(read\/impulse\)/),
    });
  });
});
