import type { PCollection, Pipeline, PipelineDefinition, WindowFnDescriptor } from 'millrace';
import { type CaseOptions, conformanceCase } from '../case.js';

export const sideInputCase = (build: (p: Pipeline) => void, options: CaseOptions = {}): PipelineDefinition =>
  conformanceCase(build, { ...options, requires: ['sideInputs', ...(options.requires ?? [])] });

export const sorted = (elements: Iterable<unknown>): string => [...elements].map(String).sort().join('');

/** Elements at their own instants, in windows. */
export function at(
  p: Pipeline,
  name: string,
  instants: readonly number[],
  windows: WindowFnDescriptor,
): PCollection<number> {
  return p.create(name, instants, { timestamps: instants }).windowInto(`${name}InWindows`, windows);
}

export const main = (p: Pipeline): PCollection<number> => p.create('Main', [1, 2]);
export const letters = (p: Pipeline): PCollection<string> => p.create('Letters', ['a', 'b', 'c']);
export const nothing = (p: Pipeline): PCollection<string> => letters(p).filter('None', () => false);
export const prices = (p: Pipeline) =>
  p.create('Pairs', [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
  ]);
/** Two of them for one key. */
export const several = (p: Pipeline) =>
  p.create('Several', [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
    { key: 'a', value: 3 },
  ]);
