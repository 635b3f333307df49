import { flatten, type PCollection, type Pipeline, sum } from 'millrace';
import { describe, expect, it } from 'vitest';
import { errorOf, planOf } from './build.js';

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
    expect(error.message.match(/plan-mistakes\.test\.ts:\d+:\d+/g)).toHaveLength(3);
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
      source: expect.stringMatching(/plan-mistakes\.test\.ts/),
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
});
