import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import { BEAM_CODER } from '../model/urns.js';
import { writeBytes } from './byte-sink.js';
import { readLength } from './byte-source.js';
import { decodeFromBytes, withSink } from './encode.js';

class LengthPrefixCoder<T> implements Coder<T> {
  readonly urn = BEAM_CODER.lengthPrefix;
  readonly components: readonly Coder<unknown>[];
  readonly deterministic: true | string;
  constructor(readonly inner: Coder<T>) {
    this.components = [inner];
    this.deterministic = inner.deterministic;
  }
  encode(value: T, to: ByteSink): void {
    withSink((sink) => {
      this.inner.encode(value, sink, false);
      writeBytes(to, sink.view());
    });
  }
  decode(from: ByteSource): T {
    return decodeFromBytes(this.inner, from.bytes(readLength(from, 'a length-prefixed value')));
  }
}

/** Whatever `inner` writes in the outer context, after its length: what a runner can pass on without knowing `inner`. */
export function lengthPrefixCoder<T>(inner: Coder<T>): Coder<T> {
  return new LengthPrefixCoder(inner);
}
