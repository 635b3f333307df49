import {
  BEAM_TRANSFORM,
  buildPlan,
  canonicalJson,
  create,
  definePipeline,
  fixedWindows,
  flatten,
  generateSequence,
  MAIN_TAG,
  option,
  outputTag,
  type ParDoPayload,
  type PCollection,
  type Pipeline,
  type Plan,
  type ProcessContext,
  type PTransform,
  planHash,
  REQUIREMENT,
  sum,
  swapKV,
} from 'millrace';
import { kvCoder, stringUtf8Coder, valueCoder, varintCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { coderOf, errorOf, planOf, step } from './build.js';

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
});

describe('coders', () => {
  it('are lossless where nobody chose one, and pairs where elements are grouped', () => {
    const plan = planOf((p) => {
      const pairs = p.create('words', ['a']).map('pairs', (key) => ({ key, value: 1 }));
      pairs.filter('kept', () => true).groupByKey('group');
      p.create('more', [{ key: 'a', value: 1 }]).combinePerKey('sum', sum());
      p.create('plain', ['a']).keyBy('keyed', (word) => word.length);
    });
    expect(
      ['words', 'pairs', 'kept', 'group', 'more', 'sum', 'plain', 'keyed'].map((name) => coderOf(plan, name)),
    ).toEqual([
      'value',
      'kv-key-value',
      'kv-key-value',
      'kv-key-iterable-value',
      'kv-key-value',
      'kv-key-double',
      'value',
      'kv-key-value',
    ]);
  });

  it('are those that were chosen', () => {
    const plan = planOf((p) => {
      const pairs = p
        .create('words', ['a'], { coder: stringUtf8Coder() })
        .map('pairs', (key) => ({ key, value: 1 }))
        .withCoder(kvCoder(stringUtf8Coder(), varintCoder()));
      pairs.groupByKey('group');
      p.create('other', ['a'], { coder: stringUtf8Coder() }).keyBy('keyed', (x) => x);
    });
    expect(['words', 'pairs', 'group', 'keyed'].map((name) => coderOf(plan, name))).toEqual([
      'string_utf8',
      'kv-string_utf8-varint',
      'kv-string_utf8-iterable-varint',
      'kv-key-string_utf8',
    ]);
  });

  it('are refused for keys that may have several encodings', () => {
    const error = errorOf(() =>
      planOf((p) => {
        p.create([{ key: { a: 1 }, value: 1 }], { coder: kvCoder(valueCoder(), valueCoder()) as never }).groupByKey(
          'g',
        );
      }),
    );
    expect(error).toMatchObject({ code: 'PLAN_KEY_CODER', step: 'g', kind: 'plan' });
    expect(error.message).toMatch(/deterministic/);
    expect(error.source).toMatch(/plan\.test\.ts/);
  });

  it('are unified where collections are flattened', () => {
    const plan = planOf((p) => {
      const a = p.create('a', ['a'], { coder: stringUtf8Coder() });
      const b = p.create('b', ['b']);
      flatten('same', [b, p.create('c', ['c'])]);
      flatten('mixed', [a, b]);
    });
    expect(step(plan, 'same').spec?.urn).toBe(BEAM_TRANSFORM.flatten);
    expect(step(plan, 'mixed').subtransforms).toEqual(['mixed_Recode', 'mixed_Flatten']);
    const inputs = Object.values(step(plan, 'mixed/Flatten').inputs);
    expect(inputs.map((id) => plan.components.pcollections[id]!.coderId)).toEqual(['value', 'value']);
  });

  it('of a flattened collection stay one, whichever side is grouped', () => {
    const plan = planOf((p) => {
      const a = p.create('a', [{ key: 1, value: 'a' }]);
      const b = p.create('b', [{ key: 1, value: 'b' }]);
      const both = flatten('both', [a, b]);
      a.groupByKey('group-a');
      both.groupByKey('group-both');
    });
    for (const flattened of ['both']) {
      const { inputs, outputs } = step(plan, flattened);
      const coders = [...Object.values(inputs), ...Object.values(outputs)].map(
        (id) => plan.components.pcollections[id]!.coderId,
      );
      expect(new Set(coders).size).toBe(1);
    }
    expect(coderOf(plan, 'group-a')).toBe('kv-key-iterable-value');
    expect(coderOf(plan, 'group-both')).toBe('kv-key-iterable-value');
  });

  it('cannot be changed where the elements were used', () => {
    const error = errorOf(() =>
      planOf((p) => {
        const a = p.create('a', ['a']);
        flatten([a, p.create('b', ['b'])]);
        a.withCoder(stringUtf8Coder());
      }),
    );
    expect(error.code).toBe('PLAN_CODER');
  });

  it('of keyed elements can be chosen', () => {
    const plan = planOf((p) => {
      const keyed = p.create(['a']).keyBy('keyed', (word) => word);
      keyed.withCoder(kvCoder(stringUtf8Coder(), stringUtf8Coder())).groupByKey('group');
    });
    expect(coderOf(plan, 'group')).toBe('kv-string_utf8-iterable-string_utf8');
  });

  it('of what a runner makes or passes on cannot be chosen', () => {
    const attempt = (use: (numbers: PCollection<number>) => PCollection<never>) =>
      errorOf(() => planOf((p) => void use(p.create([1])).withCoder(valueCoder()))).code;
    expect(attempt((numbers) => numbers.keyBy((n) => n).groupByKey() as PCollection<never>)).toBe('PLAN_CODER');
    expect(attempt((numbers) => numbers.windowInto(fixedWindows(1)) as PCollection<never>)).toBe('PLAN_CODER');
    expect(attempt((numbers) => numbers.reshuffle() as PCollection<never>)).toBe('PLAN_CODER');
  });

  it('become pairs on the way through windows and reshuffles', () => {
    const plan = planOf((p) => {
      const pairs = p.create('pairs', [{ key: 1, value: 2 }]);
      pairs.windowInto('window', fixedWindows(5)).reshuffle('shuffle').groupByKey();
    });
    for (const name of ['pairs', 'window', 'shuffle']) expect(coderOf(plan, name)).toBe('kv-key-value');
  });

  it('of chosen elements that are grouped are changed by a step that shows', () => {
    const plan = planOf((p) => {
      p.create('pairs', [{ key: 1, value: 2 }], { coder: valueCoder() }).groupByKey('group');
    });
    expect(coderOf(plan, 'pairs')).toBe('value');
    expect(step(plan, 'group').inputs).toEqual(step(plan, 'Recode').outputs);
    const combined = planOf((p) => {
      p.create('pairs', [{ key: 1, value: 2 }], { coder: valueCoder() }).combinePerKey('sum', sum());
    });
    expect(step(combined, 'sum').inputs).toEqual(step(combined, 'Recode').outputs);
  });

  it('that cannot encode a literal say which value of which step', () => {
    const error = errorOf(() => planOf((p) => void p.create('numbers', [1, () => 2] as number[])));
    expect(error).toMatchObject({ code: 'CODER_LITERAL', kind: 'coder', step: 'numbers' });
    expect(error.message).toContain('value 1 of 2');
  });
});

describe('outputs', () => {
  it('have the names of their tags', () => {
    const late = outputTag('late').of<string>();
    const plan = planOf((p) => {
      const outputs = p.create([1]).parDo(
        'split',
        () => ({
          process: (n: number, c: ProcessContext<number>) => (n > 0 ? c.output(n) : c.outputTagged(late, 'x')),
        }),
        {
          outputs: [late],
        },
      );
      outputs.late.map('late', (text) => text.length);
      outputs.main.map('rest', (n) => n + 1);
    });
    expect(Object.keys(step(plan, 'split').outputs)).toEqual(['late', 'main']);
    expect(step(plan, 'late').inputs).toEqual({ main: step(plan, 'split').outputs.late });
  });

  it.each([[['main']], [['a', 'a']], [['']]])('refuse the tags %j', (names) => {
    const outputs = names.map((name) => outputTag(name).of<number>());
    const error = errorOf(() => planOf((p) => void p.create([1]).parDo('s', () => ({ process() {} }), { outputs })));
    expect(error.code).toBe('PLAN_OUTPUTS');
  });

  it('of a composite are what it returns', () => {
    const halves: PTransform<PCollection<number>, { even: PCollection<number>; odd: PCollection<number> }> = {
      name: 'Halves',
      expand: (numbers) => ({ even: numbers.filter((n) => n % 2 === 0), odd: numbers.filter((n) => n % 2 !== 0) }),
    };
    const plan = planOf(
      (p) =>
        void p
          .create([1])
          .apply(halves)
          .odd.map('odd', (n) => n),
    );
    expect(step(plan, 'Halves').outputs).toEqual({ even: 'Halves_Filter_main', odd: 'Halves_Filter_2_main' });
  });
});

describe('a composite', () => {
  it('declares what it takes and gives on the side', () => {
    let inner: PCollection<number> | undefined;
    const plan = planOf((p) => {
      const [a, b] = [p.create('a', [1]), p.create('b', [2])];
      a.apply('outer', (x) =>
        x.apply('nested', (y) => {
          inner = flatten('both', [y, b]);
        }),
      );
      inner?.map('after', (n) => n);
    });
    const inputs = { main: step(plan, 'a').outputs.main, input_2: step(plan, 'b').outputs.main };
    const outputs = { output_1: step(plan, 'outer/nested/both').outputs.main };
    for (const name of ['outer', 'outer/nested']) expect(step(plan, name)).toMatchObject({ inputs, outputs });
  });
});

describe('mistakes', () => {
  it('a name used twice shows both lines', () => {
    const error = errorOf(() =>
      planOf((p) => {
        const a = p.create('a', [1]);
        a.map('twice', (n) => n);
        a.map('twice', (n) => n);
      }),
    );
    expect(error.code).toBe('PLAN_DUPLICATE_STEP');
    expect(error.message.match(/plan\.test\.ts:\d+:\d+/g)).toHaveLength(3);
  });

  it.each(['', 'a/b', 'a\nb'])('the name %j is refused', (name) => {
    expect(errorOf(() => planOf((p) => void p.create(name, [1]))).code).toBe('PLAN_STEP_NAME');
  });

  it('a collection of another pipeline is refused', () => {
    let stolen: PCollection<number> | undefined;
    planOf((p) => {
      stolen = p.create('first', [1]);
    });
    expect(errorOf(() => planOf((p) => void flatten([p.create([2]), stolen!]))).code).toBe('PLAN_FOREIGN_PCOLLECTION');
    expect(errorOf(() => stolen!.map((n) => n)).code).toBe('PLAN_SEALED');
  });

  it('something else in place of a function is refused', () => {
    const attempt = (use: (p: Pipeline) => unknown) => errorOf(() => planOf((p) => void use(p)));
    expect(attempt((p) => p.create([1]).map('only-a-name' as never))).toMatchObject({
      code: 'PLAN_ARGUMENT',
      step: 'only-a-name',
      source: expect.stringMatching(/plan\.test\.ts/),
    });
    expect(attempt((p) => p.create([1]).parDo({ process() {} } as never)).hint).toContain('() => new MyDoFn()');
    expect(attempt((p) => p.create([1]).combineGlobally(sum as never)).hint).toContain('combinePerKey(sum())');
  });

  it('an asynchronous builder is refused', () => {
    const build = (async () => undefined) as () => never;
    expect(errorOf(() => planOf(build)).code).toBe('PLAN_ASYNC_BUILDER');
  });

  it('asynchronous options are checked', () => {
    const attempt = (options: object) =>
      errorOf(() => planOf((p) => void p.create([1]).mapAsync(async (n: number) => n, options))).message;
    expect(attempt({ concurrency: 0 })).toContain('concurrency is 0');
    expect(attempt({ retry: { attempts: 0 } })).toContain('retry.attempts is 0');
    expect(attempt({ timeoutMs: 0.5 })).toContain('timeoutMs is 0.5');
    expect(attempt({ retry: { attempts: 2, jitter: 1.5 } })).toContain('retry.jitter is 1.5');
    expect(attempt({ retry: { attempts: 2, retryIf: true } })).toContain('retry.retryIf is true');
  });

  it('asynchronous options stand in the plan, the function among them by reference', () => {
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

  it('exchanged pairs become keyed by their values', () => {
    const plan = planOf(
      (p) =>
        void p
          .create([{ key: 'a', value: 1 }])
          .apply(swapKV())
          .groupByKey('g'),
    );
    expect(coderOf(plan, 'SwapKV')).toBe('kv-key-value');
  });
});
