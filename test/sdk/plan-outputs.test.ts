import { flatten, outputTag, type PCollection, type ProcessContext, type PTransform } from 'millrace';
import { describe, expect, it } from 'vitest';
import { errorOf, planOf, step } from './build.js';

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
