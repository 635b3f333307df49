import type { PCollection, Pipeline, ProcessContext, StateSpec } from 'millrace';
import { pairs } from './pairs.js';

/** Runs `work` once, on the cells of the only element that there is. */
export function once<S extends { readonly [id: string]: StateSpec }>(
  p: Pipeline,
  declared: { readonly state: S },
  work: (state: ProcessContext<string, { readonly state: S }>['state']) => string,
): PCollection<string> {
  return pairs(p, ['k', 0]).parDo<string, { readonly state: S }>(
    'Once',
    () => ({ process: (_, context) => context.output(work(context.state)) }),
    declared,
  );
}

export const list = (values: Iterable<unknown>): string => [...values].join(' ');
export const sorted = (values: Iterable<unknown>): string => [...values].map(String).sort().join(' ');
