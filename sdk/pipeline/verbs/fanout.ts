import { decodeFromBytes, encodeToBytes, kvCoder, valueCoder, varintCoder } from '../../coders/index.js';
import type { Coder, KV } from '../../model/coder.js';
import type { DoFn, ProcessContext } from '../../model/do-fn.js';
import { MillraceError } from '../../model/errors.js';
import { MAIN_TAG } from '../../model/plan.js';
import { MILLRACE_DO_FN } from '../../model/urns.js';
import { factoryEntry, functionEntry, textHash } from '../function-table.js';
import type { CollectionNode, StepNode } from '../graph.js';
import { PLAN_ERROR, planError } from '../plan-error.js';
import { type CodedCombineFn, combinePerKey, kvCodersOf } from './keyed.js';
import { codedAsKv } from './kv-coding.js';
import { parDo } from './par-do.js';

/** In how many parts the values of each key are combined first, or of which key in how many. */
export type Fanout<K> = number | ((key: K) => number);

export interface CombinePerKeyOptions<K> {
  /** In how many parts the values of a key are combined first; of which key in how many. Not for windows that merge. */
  readonly fanout?: Fanout<K>;
}

export function combinePerKeyWith(
  input: CollectionNode,
  name: string | undefined,
  fn: CodedCombineFn<never, unknown, unknown>,
  { fanout }: CombinePerKeyOptions<never> = {},
): CollectionNode {
  return fanout === undefined ? combinePerKey(input, name, fn) : combineWithFanout(input, name, fn, fanout);
}

/**
 * Combines in two steps: the values of a key in so many parts, which stand on several tasks, then what the parts came to. A
 * key that has most of the values is so the work of many.
 */
function combineWithFanout(
  elements: CollectionNode,
  name: string | undefined,
  fn: CodedCombineFn<never, unknown, unknown>,
  fanout: Fanout<never>,
): CollectionNode {
  const input = codedAsKv(elements);
  return input.graph.step('CombinePerKey', name, (step) => {
    input.graph.connect(step, MAIN_TAG, input);
    checkFanout(fanout, input, step);
    const { key, value } = kvCodersOf(input, step);
    const accumulator = (fn.accumulatorCoder ?? valueCoder()) as Coder<unknown>;
    const { accumulationMode } = input.windowing;
    const holds = textHash(functionEntry(fn));
    const split = parDo({
      input,
      automaticName: 'Split',
      name: undefined,
      urn: MILLRACE_DO_FN.doFn,
      fn: factoryEntry(() => new Split(fanout)),
      output: { coder: kvCoder(kvCoder(key, varintCoder()), value), coderOrigin: 'declared' },
      // A part that fires again must not bring along what the whole has of it already.
      windowing: { ...input.windowing, accumulationMode: 'DISCARDING' },
    }).main;
    const parts = combinePerKey(split, 'Parts', new PartFn(fn, accumulator), { holds });
    const joined = parDo({
      input: parts,
      automaticName: 'Join',
      name: undefined,
      urn: MILLRACE_DO_FN.map,
      fn: functionEntry(join),
      output: { coder: kvCoder(key, accumulator), coderOrigin: 'declared' },
      windowing: { ...parts.windowing, accumulationMode },
    }).main;
    const whole = combinePerKey(joined, 'Whole', new WholeFn(fn, accumulator), { holds });
    step.outputs.set(MAIN_TAG, whole);
    return whole;
  });
}

function checkFanout(fanout: Fanout<never>, { windowing }: CollectionNode, step: StepNode): void {
  const place = { step: step.fullName, source: step.source };
  if (typeof fanout !== 'function' && !isFanout(fanout))
    throw planError(PLAN_ERROR.argument, `fanout is ${fanout}, not a whole number from 1 on`, place);
  // The sessions of a part are shorter than those of all, and would end before others of their key are known.
  if (windowing.mergeStatus === 'NEEDS_MERGE')
    throw planError(
      PLAN_ERROR.windowing,
      'windows that merge cannot be combined in parts: a part knows but some of them',
      {
        ...place,
        hint: 'leave fanout out, or use windows that do not merge',
      },
    );
}

const isFanout = (fanout: number): boolean => Number.isSafeInteger(fanout) && fanout >= 1;

const join = ({ key, value }: KV<KV<unknown, number>, unknown>): KV<unknown, unknown> => ({ key: key.key, value });

/** Deals out the elements of all keys in turn. */
class Split implements DoFn<KV<never, unknown>, KV<KV<never, number>, unknown>> {
  #turn = 0;

  constructor(private readonly fanout: Fanout<never>) {}

  process({ key, value }: KV<never, unknown>, context: ProcessContext<KV<KV<never, number>, unknown>>): void {
    const parts = typeof this.fanout === 'number' ? this.fanout : this.fanout(key);
    if (!isFanout(parts))
      throw new MillraceError('FANOUT_INVALID', 'function', `fanout answered ${parts}, not a whole number from 1 on`);
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    context.output({ key: { key, value: this.#turn % parts }, value });
  }
}

/** Comes to the accumulator of the author's function. */
class PartFn<I, A> implements CodedCombineFn<I, A, A> {
  readonly outputCoder: Coder<A>;

  constructor(
    private readonly of: CodedCombineFn<I, A, unknown>,
    readonly accumulatorCoder: Coder<A>,
  ) {
    this.outputCoder = accumulatorCoder;
  }

  createAccumulator(): A {
    return this.of.createAccumulator();
  }

  addInput(accumulator: A, input: I): A {
    return this.of.addInput(accumulator, input);
  }

  mergeAccumulators(accumulator: A, other: A): A {
    return this.of.mergeAccumulators(accumulator, other);
  }

  /** A copy: the accumulator may go on, in this window or in one that shares it. */
  extractOutput(accumulator: A): A {
    return decodeFromBytes(this.accumulatorCoder, encodeToBytes(this.accumulatorCoder, accumulator));
  }
}

/** Takes accumulators of the author's function, and comes to its output. */
class WholeFn<A, O> implements CodedCombineFn<A, A, O> {
  readonly outputCoder?: Coder<O>;

  constructor(
    private readonly of: CodedCombineFn<never, A, O>,
    readonly accumulatorCoder: Coder<A>,
  ) {
    if (of.outputCoder !== undefined) this.outputCoder = of.outputCoder;
  }

  createAccumulator(): A {
    return this.of.createAccumulator();
  }

  addInput(accumulator: A, part: A): A {
    return this.of.mergeAccumulators(accumulator, part);
  }

  mergeAccumulators(accumulator: A, other: A): A {
    return this.of.mergeAccumulators(accumulator, other);
  }

  extractOutput(accumulator: A): O {
    return this.of.extractOutput(accumulator);
  }
}
