import type { DoFn, ProcessContext } from '../model/do-fn.js';
import { MillraceError } from '../model/errors.js';
import { type NamedTag, outputTag } from '../pipeline/output-tag.js';
import type { PCollection } from '../pipeline/pcollection.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import type { PTransform } from '../pipeline/ptransform.js';

/** Divides a collection into `parts`: `fn` answers the number of an element's part, from 0 on. */
export function partition<T>(
  parts: number,
  fn: (element: T, parts: number) => number,
): PTransform<PCollection<T>, PCollection<T>[]> {
  if (!Number.isSafeInteger(parts) || parts < 1)
    throw planError(PLAN_ERROR.argument, `the number of parts is ${parts}, not a whole number from 1 on`);
  return {
    name: 'Partition',
    expand: (input) => {
      const tags = Array.from({ length: parts - 1 }, (_, i) => outputTag(`part_${i + 1}`).of<T>());
      const outputs = input.parDo('Divide', () => new PartitionFn(tags, fn), { outputs: tags });
      return [outputs.main, ...tags.map((tag) => outputs[tag.name]!)];
    },
  };
}

/** Part 0 is the main output. */
class PartitionFn<T> implements DoFn<T, T> {
  constructor(
    readonly tags: readonly NamedTag<T>[],
    readonly fn: (element: T, parts: number) => number,
  ) {}

  process(element: T, context: ProcessContext<T>): void {
    const part = this.fn(element, this.tags.length + 1);
    if (part === 0) context.output(element);
    else {
      const tag = this.tags[part - 1];
      if (tag === undefined)
        throw new MillraceError(
          'PARTITION_RANGE',
          'function',
          `the function answers part ${part}, there are parts 0 to ${this.tags.length}`,
        );
      context.outputTagged(tag, element);
    }
  }
}
