import type { Coder } from '../model/coder.js';
import { CODER_ERROR, coderError } from './errors.js';
import { rowCoder } from './row.js';
import { row, type TypeOf, type ValueOf } from './schema.js';

/** Types whose values all take the same room, and that a float64 holds without loss. */
export const FIXED_WIDTH_TYPES = ['int16', 'int32', 'int64', 'double', 'boolean'] as const;
export type FixedWidthType = (typeof FIXED_WIDTH_TYPES)[number];

export function isFixedWidth(type: unknown): type is FixedWidthType {
  return (FIXED_WIDTH_TYPES as readonly unknown[]).includes(type);
}

type Struct<F extends { readonly [name: string]: TypeOf<unknown> }> = { -readonly [N in keyof F]: ValueOf<F[N]> };

/**
 * A record of numbers and booleans: `struct({ count: int64(), sum: double() })`. It is a row on the wire. As the
 * `accumulatorCoder` of a CombineFn it lets runners keep the accumulators of all keys as columns, which takes a fraction of
 * the memory and of the time of an object for each key.
 *
 * The accumulator must have these fields and no others, and must always hold values of their types.
 */
export function struct<F extends { readonly [name: string]: TypeOf<unknown> }>(fields: F): Coder<Struct<F>> {
  for (const [name, type] of Object.entries(fields)) {
    if (isFixedWidth(type)) continue;
    throw coderError(
      CODER_ERROR.spec,
      `a struct has fields of ${FIXED_WIDTH_TYPES.join(', ')}; ${JSON.stringify(name)} is ${JSON.stringify(type)}`,
      { hint: 'use rowCoder(row({ … })) where a field is of another type' },
    );
  }
  return rowCoder(row(fields)) as unknown as Coder<Struct<F>>;
}
