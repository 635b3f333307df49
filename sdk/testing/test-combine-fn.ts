import { decodeFromBytes, encodeToBytes } from '../coders/index.js';
import { MillraceError } from '../model/errors.js';
import type { CodedCombineFn } from '../pipeline/verbs/keyed.js';
import { show } from './describe.js';
import { isEqual } from './equal.js';
import { seeded, shuffled } from './seeded.js';

export interface CombineFnTestOptions<O> {
  /** Whether an output is the expected one; by structure, when absent. Lists in no particular order need one. */
  readonly equals?: (expected: O, actual: O) => boolean;
  /** Decides orders and splits; printed when a law is broken, so that the same run can be made again. */
  readonly seed?: number;
  /** Orders and splits that are tried. */
  readonly runs?: number;
}

/**
 * Holds a CombineFn to what runners rely on, given inputs and the output that they must come to: the inputs may come in any
 * order and be split over any number of accumulators, empty ones too; these may be merged in any order, and, where the
 * function has a coder for them, be encoded in between; an output does not change when its accumulator does, and
 * accumulators share nothing.
 */
export function testCombineFn<I, A, O>(
  fn: CodedCombineFn<I, A, O>,
  inputs: readonly I[],
  expected: O,
  options: CombineFnTestOptions<O> = {},
): void {
  const { seed = 1, runs = 100, equals = isEqual } = options;
  const random = seeded(seed);
  const laws = new Laws(fn, inputs, expected, seed, equals);
  laws.inOneAccumulator();
  laws.withEmptyOnes();
  laws.sharesNothing();
  for (let run = 0; run < runs; run++) laws.splitAndMerged(random);
}

class Laws<I, A, O> {
  /** What nothing comes to. */
  readonly #ofNothing: O;

  constructor(
    readonly fn: CodedCombineFn<I, A, O>,
    readonly inputs: readonly I[],
    readonly expected: O,
    readonly seed: number,
    readonly equals: (expected: O, actual: O) => boolean,
  ) {
    this.#ofNothing = fn.extractOutput(fn.createAccumulator());
  }

  inOneAccumulator(): void {
    this.#holds('all inputs in one accumulator', this.#fold(this.inputs));
  }

  withEmptyOnes(): void {
    const { fn, inputs } = this;
    this.#holds('merged into an empty accumulator', fn.mergeAccumulators(fn.createAccumulator(), this.#fold(inputs)));
    this.#holds('an empty accumulator merged in', fn.mergeAccumulators(this.#fold(inputs), fn.createAccumulator()));
    const empty = fn.extractOutput(fn.mergeAccumulators(fn.createAccumulator(), fn.createAccumulator()));
    this.#equal('two empty accumulators merged', this.#ofNothing, empty);
  }

  sharesNothing(): void {
    const { fn, inputs } = this;
    let accumulator = this.#fold(inputs);
    const output = fn.extractOutput(accumulator);
    const before = show(output);
    this.#equal('the output extracted again', output, fn.extractOutput(accumulator));
    for (const input of inputs) accumulator = fn.addInput(accumulator, input);
    accumulator = fn.mergeAccumulators(accumulator, this.#fold(inputs));
    if (show(output) !== before)
      throw this.#broken('an output must not change when its accumulator does', before, show(output));
    const { createAccumulator } = fn;
    this.#equal(
      'a new accumulator, after others were filled',
      this.#ofNothing,
      fn.extractOutput(createAccumulator.call(fn)),
    );
  }

  /** In a random order, over a random number of accumulators, merged in a random order. */
  splitAndMerged(random: () => number): void {
    const { fn, inputs } = this;
    const parts: I[][] = Array.from({ length: 1 + Math.floor(random() * (inputs.length + 2)) }, () => []);
    for (const input of shuffled(inputs, random)) parts[Math.floor(random() * parts.length)]!.push(input);
    const accumulators = parts.map((part) => this.#fold(part));
    const sizes = parts.map((part) => part.length);
    while (accumulators.length > 1) {
      const [other] = accumulators.splice(Math.floor(random() * accumulators.length), 1);
      const into = Math.floor(random() * accumulators.length);
      accumulators[into] = fn.mergeAccumulators(this.#carried(accumulators[into]!), this.#carried(other!));
    }
    this.#holds(`split over accumulators of ${sizes.join(', ')} inputs and merged`, accumulators[0]!);
  }

  #fold(inputs: readonly I[]): A {
    const { fn } = this;
    return inputs.reduce((accumulator, input) => fn.addInput(accumulator, input), fn.createAccumulator());
  }

  /** As it arrives after it has left a thread or a process. */
  #carried(accumulator: A): A {
    const { accumulatorCoder } = this.fn;
    if (accumulatorCoder === undefined) return accumulator;
    return decodeFromBytes(accumulatorCoder, encodeToBytes(accumulatorCoder, accumulator));
  }

  #holds(how: string, accumulator: A): void {
    this.#equal(how, this.expected, this.fn.extractOutput(accumulator));
  }

  #equal(how: string, expected: O, actual: O): void {
    if (!this.equals(expected, actual)) throw this.#broken(how, show(expected), show(actual));
  }

  #broken(how: string, expected: string, actual: string): MillraceError {
    return new MillraceError(
      'COMBINE_FN_LAW',
      'function',
      `the CombineFn does not hold (seed ${this.seed}): ${how}\n  expected: ${expected}\n  actual:   ${actual}`,
      { hint: `the same orders and splits come again with { seed: ${this.seed} }` },
    );
  }
}
