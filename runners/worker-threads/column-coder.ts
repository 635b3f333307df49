import type { Coder } from '../../sdk/model/coder.js';
import type { ColumnCoder } from './batch-frame.js';

/** A column as its values one after the other, in the nested form of their coder. */
export function elementByElement(coder: Pick<Coder<unknown>, 'encode' | 'decode'>): ColumnCoder {
  return {
    encode(values, length, to) {
      for (let i = 0; i < length; i++) coder.encode(values[i], to, true);
    },
    decode(from, length) {
      const values: unknown[] = [];
      for (let i = 0; i < length; i++) values.push(coder.decode(from, true));
      return values;
    },
  };
}
