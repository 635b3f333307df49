import { BEAM_TRANSFORM, fixedWindows, flatten, type PCollection, sum, swapKV } from 'millrace';
import { kvCoder, stringUtf8Coder, valueCoder, varintCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { coderOf, errorOf, planOf, step } from './build.js';

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
    expect(error.source).toMatch(/plan-coders\.test\.ts/);
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

  it('of exchanged pairs are keyed by their values', () => {
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
