import type { PCollection, PTransform } from '../../sdk/index.js';
import { ConsoleFn, type ConsoleOptions } from './console-fn.js';

/**
 * Shows every element as a line on the console of the process in which the step runs, beside the progress that the command
 * line shows there. An end of the pipeline: nothing comes out.
 */
export function writeToConsole<T>(options: ConsoleOptions<T> = {}): PTransform<PCollection<T>, PCollection<never>> {
  return { name: 'WriteToConsole', expand: (input) => input.parDo('Write', () => new ConsoleFn(options)) };
}
