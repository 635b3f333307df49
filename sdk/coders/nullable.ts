import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import { BEAM_CODER } from '../model/urns.js';
import { readFlag } from './scalars.js';

class NullableCoder<T> implements Coder<T | null> {
  readonly urn = BEAM_CODER.nullable;
  readonly components: readonly Coder<unknown>[];
  readonly deterministic: true | string;
  constructor(readonly present: Coder<T>) {
    this.components = [present];
    this.deterministic = present.deterministic;
  }
  encode(value: T | null, to: ByteSink, nested: boolean): void {
    if (value === null || value === undefined) to.byte(0);
    else {
      to.byte(1);
      this.present.encode(value, to, nested);
    }
  }
  decode(from: ByteSource, nested: boolean): T | null {
    return readFlag(from, this.urn) ? this.present.decode(from, nested) : null;
  }
}

/** A value or null; undefined is written as null. */
export function nullableCoder<T>(present: Coder<T>): Coder<T | null> {
  return new NullableCoder(present);
}
