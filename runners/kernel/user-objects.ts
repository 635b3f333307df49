import { type CombineFn, type DoFn, MillraceError } from '../../sdk/model/index.js';
import { previewElement } from './function-error.js';

/** What a factory of the author's answered, where it can be a DoFn: else nothing would come of its elements, and no word of it. */
export function usableDoFn(made: unknown): DoFn<unknown, unknown> {
  const process: unknown = (made as Partial<DoFn<unknown, unknown>> | undefined)?.process;
  if (typeof process !== 'function')
    throw invalid('DO_FN_INVALID', `the factory of a DoFn answered ${previewElement(made)}, which has no process`, {
      hint: 'parDo takes a function that makes a DoFn: () => new MyDoFn()',
    });
  if (isGenerator(process))
    throw invalid('DO_FN_INVALID', 'process of a DoFn is a generator, which nobody would iterate', {
      hint: 'emit by context.output(value), or use flatMap, which takes a generator',
    });
  return made as DoFn<unknown, unknown>;
}

const METHODS = ['createAccumulator', 'addInput', 'mergeAccumulators', 'extractOutput'] as const;

/** The same for a CombineFn: promises for accumulators would be combined as if they were values. */
export function usableCombineFn(made: unknown): CombineFn<unknown, unknown, unknown> {
  const methods = (made ?? {}) as { readonly [M in (typeof METHODS)[number]]?: unknown };
  for (const name of METHODS) {
    const method = methods[name];
    if (typeof method !== 'function')
      throw invalid('COMBINE_FN_INVALID', `a CombineFn has no ${name}: ${previewElement(made)}`, {
        hint: `a CombineFn has ${METHODS.join(', ')}`,
      });
    if (isAsync(method))
      throw invalid('COMBINE_FN_INVALID', `${name} of a CombineFn is asynchronous`, {
        hint: 'a CombineFn is synchronous: put a mapAsync before or behind the step',
      });
  }
  return made as CombineFn<unknown, unknown, unknown>;
}

function invalid(code: string, summary: string, more: { readonly hint: string }): MillraceError {
  return new MillraceError(code, 'function', summary, more);
}

const kindOf = (fn: object): string => Object.prototype.toString.call(fn);
const isGenerator = (fn: object): boolean => /GeneratorFunction\]$/.test(kindOf(fn));
const isAsync = (fn: object): boolean => /\[object Async/.test(kindOf(fn));
