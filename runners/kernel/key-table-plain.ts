import type { CombineFn } from '../../sdk/model/index.js';
import { type FailedStep, functionError } from './function-error.js';
import type { KeyTable } from './key-table.js';

interface PlainSpec {
  readonly combineFn: CombineFn<unknown, unknown, unknown>;
  readonly inputs: 'values' | 'accumulators';
  readonly step: FailedStep;
}

/** The reference form: a Map and accumulators as they are, whatever was declared of them. */
export class PlainKeyTable implements KeyTable {
  private readonly index = new Map<unknown, number>();
  private readonly keys: unknown[] = [];
  private readonly accumulators: unknown[] = [];
  folds = 0;

  constructor(
    private readonly spec: PlainSpec,
    private readonly identity: (key: unknown) => unknown,
  ) {}

  get size(): number {
    return this.keys.length;
  }

  keyAt(at: number): unknown {
    return this.keys[at];
  }

  put(key: unknown, input: unknown): void {
    this.fold(key, input);
  }

  settle(): void {}

  fold(key: unknown, input: unknown): number {
    const { combineFn, inputs } = this.spec;
    this.folds++;
    return this.change(key, input, (accumulator) =>
      inputs === 'values' ? combineFn.addInput(accumulator, input) : combineFn.mergeAccumulators(accumulator, input),
    );
  }

  merge(key: unknown, from: unknown): number {
    return this.change(key, from, (accumulator) => this.spec.combineFn.mergeAccumulators(accumulator, from));
  }

  mergeAll(other: KeyTable): void {
    for (let at = 0; at < other.size; at++) this.merge(other.keyAt(at), other.accumulatorAt(at));
  }

  accumulatorAt(at: number): unknown {
    return this.accumulators[at];
  }

  extract(at: number): unknown {
    try {
      return this.spec.combineFn.extractOutput(this.accumulators[at]);
    } catch (error) {
      throw functionError(error, this.spec.step, { value: { key: this.keys[at] } });
    }
  }

  reset(at: number): void {
    this.accumulators[at] = this.spec.combineFn.createAccumulator();
  }

  private change(key: unknown, value: unknown, change: (accumulator: unknown) => unknown): number {
    try {
      const at = this.find(key);
      this.accumulators[at] = change(this.accumulators[at]);
      return at;
    } catch (error) {
      throw functionError(error, this.spec.step, { value: { key, value } });
    }
  }

  private find(key: unknown): number {
    const id = this.identity(key);
    let at = this.index.get(id);
    if (at === undefined) {
      at = this.keys.length;
      const accumulator = this.spec.combineFn.createAccumulator();
      this.index.set(id, at);
      this.keys.push(Object.is(key, -0) ? 0 : key);
      this.accumulators.push(accumulator);
    }
    return at;
  }
}
