import type { PCollection, Pipeline, PTransform } from '../../sdk/index.js';
import { ReadFromMemoryFn } from './read-memory-fn.js';
import { WriteToMemoryFn } from './write-memory-fn.js';

/** The records of the memory with this name, with their timestamps. Only on a runner that shares this process: `direct`. */
export function readFromMemory<T>(name: string): PTransform<Pipeline, PCollection<T>> {
  return {
    name: 'ReadFromMemory',
    expand: (pipeline) => pipeline.read('Records', () => new ReadFromMemoryFn<T>(), name),
  };
}

/**
 * Adds the elements to the memory with this name, with their timestamps, windows and panes. Only on a runner that shares this
 * process: `direct`. An end of the pipeline: nothing comes out.
 */
export function writeToMemory<T>(name: string): PTransform<PCollection<T>, PCollection<never>> {
  return { name: 'WriteToMemory', expand: (input) => input.parDo('Write', () => new WriteToMemoryFn<T>(name)) };
}
