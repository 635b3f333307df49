import {
  BEAM_TRANSFORM,
  buildPlan,
  canonicalJson,
  create,
  definePipeline,
  flatten,
  generateSequence,
  MAIN_TAG,
  option,
  type ParDoPayload,
  type PCollection,
  type Plan,
  planHash,
  REQUIREMENT,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { errorOf, planOf, step } from './build.js';

const wordCount = definePipeline({
  name: 'word-count',
  options: { text: option.string({ default: 'to be or not to be' }), least: option.integer({ default: 1 }) },
  build(p, { text, least }) {
    p.apply('read', create([text]))
      .flatMap('words', (line) => line.split(' '))
      .countPerElement()
      .filter('often', ({ value }) => value >= least)
      .map(({ key, value }) => `${key}: ${value}`);
  },
});

describe('a plan', () => {
  it('has the same bytes whenever it is built', () => {
    const bytes = () => JSON.stringify(buildPlan(wordCount).plan);
    expect(bytes()).toBe(bytes());
  });

  it('stands in canonical form', () => {
    const { plan } = buildPlan(wordCount);
    expect(JSON.stringify(plan)).toBe(canonicalJson(plan));
  });

  it('has a hash that sees options and steps, and neither display data nor annotations', () => {
    const { plan } = buildPlan(wordCount);
    const hash = planHash(plan);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const [id, transform] = Object.entries(plan.components.transforms)[0]!;
    const annotated: Plan = {
      ...plan,
      displayData: {},
      name: 'other',
      components: {
        ...plan.components,
        transforms: { ...plan.components.transforms, [id]: { ...transform, annotations: { note: 'x' } } },
      },
    };
    expect(planHash(annotated)).toBe(hash);
    expect(planHash(buildPlan(wordCount, { options: { least: '2' } }).plan)).not.toBe(hash);
    expect(planHash(planOf((p) => void p.create([1]).map((x) => x + 1)))).not.toBe(
      planHash(planOf((p) => void p.create([1]).map((x) => x + 2))),
    );
  });

  it('names nested steps, and says what goes in and out of a composite', () => {
    const { plan } = buildPlan(wordCount);
    expect(plan.rootTransformIds).toEqual(['read', 'words', 'CountPerElement', 'often', 'Map']);
    const count = step(plan, 'CountPerElement');
    expect(count.inputs).toEqual(step(plan, 'words').outputs);
    expect(count.outputs).toEqual(step(plan, 'CountPerElement/CountPerKey/CombineGroupedValues').outputs);
    expect(step(plan, 'CountPerElement/CountPerKey').spec?.urn).toBe(BEAM_TRANSFORM.combinePerKey);
    expect(step(plan, 'read').subtransforms).toEqual(['read_Impulse', 'read_Values']);
  });

  it('refers to functions by step and slot, and finds them again', () => {
    const { plan, resolver } = buildPlan(wordCount);
    const again = buildPlan(wordCount).resolver;
    const { payload } = step(plan, 'words').spec as unknown as { payload: { doFn: { payload: { fn: never } } } };
    const ref = payload.doFn.payload.fn;
    expect(ref).toEqual({
      kind: 'rebuild',
      step: 'words',
      slot: 'fn',
      textHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    for (const found of [resolver, again])
      expect((found.resolve(ref) as (s: string) => string[])('a b')).toEqual(['a', 'b']);
  });

  it('refuses a function whose text differs', () => {
    const { resolver } = buildPlan(wordCount);
    const error = errorOf(() =>
      resolver.resolve({ kind: 'rebuild', step: 'words', slot: 'fn', textHash: '0000000000000000' }),
    );
    expect(error.code).toBe('PLAN_REBUILD_DIFFERS');
    expect(error.step).toBe('words');
  });

  it('has tokens of this process where it is built inline', () => {
    const { plan, resolver } = buildPlan(wordCount, { inline: true });
    expect(JSON.stringify(plan)).not.toContain('rebuild');
    expect(resolver.resolve({ kind: 'inline', token: 'words#fn' })).toBeTypeOf('function');
    expect(errorOf(() => resolver.resolve({ kind: 'inline', token: 'words#other' })).code).toBe('FUNCTION_UNKNOWN');
  });

  it('makes a DoFn for each task', () => {
    const { resolver } = buildPlan(
      definePipeline({
        name: 'x',
        build: (p) => void p.create([1]).parDo('do', () => ({ process: () => undefined })),
      }),
      { inline: true },
    );
    const ref = { kind: 'inline', token: 'do#fn' } as const;
    expect(resolver.instantiate(ref)).not.toBe(resolver.instantiate(ref));
    expect(resolver.resolve(ref)).toBe(resolver.resolve(ref));
  });

  it('knows the source lines of the steps of the author', () => {
    const { plan } = buildPlan(wordCount);
    for (const id of ['read', 'words', 'CountPerElement', 'CountPerElement_CountPerKey_GroupByKey'])
      expect(plan.displayData?.[id]?.source).toMatch(/^test\/sdk\/plan\.test\.ts:\d+:\d+$/);
  });

  it('has ids that no name can make collide', () => {
    const plan = planOf((p) => {
      const a = p.create('a b', [1]);
      a.map('a_b_Values', (x) => x);
      p.create('a_b', [1]);
      a.map('__proto__', (x) => x);
      a.map('äöü', (x) => x);
      a.map('äöß', (x) => x);
    });
    const { transforms } = plan.components;
    expect(Object.values(transforms).map((t) => t.uniqueName)).toHaveLength(10);
    for (const id of Object.keys(transforms)) expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('gives automatic names relative to the parent', () => {
    const plan = planOf((p) => {
      const inside = (x: PCollection<number>) => x.map((n) => n).map((n) => n);
      p.create([1])
        .map((n) => n)
        .apply('in', inside)
        .map((n) => n)
        .apply(inside);
    });
    for (const name of ['Create', 'Map', 'in/Map', 'in/Map_2', 'Map_2', 'inside/Map', 'inside/Map_2']) step(plan, name);
  });

  it('declares the requirement of a source', () => {
    expect(planOf((p) => void p.apply(generateSequence({ to: 3 }))).requirements).toEqual([REQUIREMENT.splittableDoFn]);
    expect(planOf((p) => void p.create([3])).requirements).toEqual([]);
  });

  it('follows whether a collection ends', () => {
    const plan = planOf((p) => {
      const endless = p.apply('endless', generateSequence());
      flatten('both', [endless, p.apply('ends', generateSequence({ to: 3 }))]).map('after', (n) => n);
    });
    const bounded = (name: string) => plan.components.pcollections[step(plan, name).outputs[MAIN_TAG]!]!.isBounded;
    expect(['endless', 'ends', 'both', 'after'].map(bounded)).toEqual([
      'UNBOUNDED',
      'BOUNDED',
      'UNBOUNDED',
      'UNBOUNDED',
    ]);
  });

  it('leaves out a composite that did nothing', () => {
    const plan = planOf(
      (p) =>
        void p
          .create([1])
          .apply('nothing', (x) => x)
          .map('after', (n) => n),
    );
    expect(plan.rootTransformIds).toEqual(['Create', 'after']);
  });

  it('writes large literals as a function', () => {
    const long = 'x'.repeat(70_000);
    const { plan, resolver } = buildPlan(definePipeline({ name: 'x', build: (p) => void p.create('c', [long]) }), {
      inline: true,
    });
    expect(JSON.stringify(plan).length).toBeLessThan(5_000);
    const values = resolver.resolve({ kind: 'inline', token: 'c/Values#fn' }) as () => string[];
    expect(values()).toEqual([long]);
    const hashOf = (...values: string[]) => planHash(planOf((p) => void p.create('c', values)));
    expect(hashOf(long, 'a')).toBe(hashOf(long, 'a'));
    expect(hashOf(long, 'a')).not.toBe(hashOf(long, 'b'));
  });

  it('has the options of asynchronous calls, the function among them by reference', () => {
    const plan = planOf(
      (p) =>
        void p.create([1]).mapAsync('call', async (n: number) => n, {
          concurrency: 2,
          timeoutMs: 50,
          retry: { attempts: 3, jitter: 0.5, retryIf: () => true },
        }),
    );
    const { payload } = Object.values(plan.components.transforms).find(({ uniqueName }) => uniqueName === 'call')!
      .spec!;
    expect((payload as unknown as ParDoPayload).doFn.payload).toMatchObject({
      fn: { kind: 'rebuild', step: 'call', slot: 'fn' },
      async: {
        concurrency: 2,
        ordered: true,
        timeoutMs: 50,
        retry: {
          attempts: 3,
          initialDelayMs: 100,
          multiplier: 2,
          maxDelayMs: 10_000,
          jitter: 0.5,
          retryIf: { fn: { kind: 'rebuild', step: 'call', slot: 'retryIf' } },
        },
      },
    });
  });
});
