import { keyForm, keyIdentity } from '../../sdk/coders/index.js';
import type { Coder, CombineFn } from '../../sdk/model/index.js';
import type { AccumulatorLayout } from './accumulator-layout.js';
import { type FailedStep, functionError } from './function-error.js';
import { compiledKeyTables } from './key-table-compiled.js';
import { PlainKeyTable } from './key-table-plain.js';

/** Keys with their accumulators, side by side; a key's index stays as long as the table. */
export interface KeyTable {
  readonly size: number;
  /** How many inputs were folded. */
  readonly folds: number;
  keyAt(at: number): unknown;
  /** Folds an input into the accumulator of its key, at the latest in `settle`, which must come before anything is read. */
  put(key: unknown, value: unknown): void;
  settle(): void;
  /** Folds an input into the accumulator of its key. Answers the key's index. */
  fold(key: unknown, input: unknown): number;
  /** Merges an accumulator into that of its key. Answers the key's index. */
  merge(key: unknown, accumulator: unknown): number;
  /** Merges all accumulators of a table of the same kind. */
  mergeAll(other: KeyTable): void;
  /** The accumulator as a value of its own. */
  accumulatorAt(at: number): unknown;
  /** What the combine function makes of the accumulator. */
  extract(at: number): unknown;
  /** Puts an empty accumulator in the place of what is there. */
  reset(at: number): void;
}

export interface KeyTableSpec {
  readonly combineFn: CombineFn<unknown, unknown, unknown>;
  /** What is folded: values, or accumulators that were made of values before. */
  readonly inputs: 'values' | 'accumulators';
  readonly layout: AccumulatorLayout;
  readonly keyCoder: Coder<unknown>;
  /** Whose functions are called, for errors. */
  readonly step: FailedStep;
  readonly form: 'compiled' | 'interpreted';
  /** Tables of one owner have call sites of their own, see `generate`. */
  readonly owner: object;
}

export type MakeKeyTable = () => KeyTable;

/** Makes the tables of one grouping. */
export function keyTables(spec: KeyTableSpec): MakeKeyTable {
  const identity = keyIdentity(spec.keyCoder);
  try {
    if (spec.form === 'interpreted') return () => new PlainKeyTable(spec, identity);
    return compiledKeyTables(spec, identity, keyForm(spec.keyCoder).primitives);
  } catch (error) {
    throw functionError(error, spec.step);
  }
}
