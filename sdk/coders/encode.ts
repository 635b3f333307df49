import type { Coder } from '../model/coder.js';
import { GrowableSink } from './byte-sink.js';
import { BytesSource } from './byte-source.js';
import { CODER_ERROR, coderError } from './errors.js';

let idle: GrowableSink | undefined = new GrowableSink(1024);

/** Runs `use` with an empty sink that is shared by callers that do not nest, and thrown away where it grew large. */
export function withSink<R>(use: (sink: GrowableSink) => R): R {
  const sink = idle ?? new GrowableSink(1024);
  idle = undefined;
  try {
    sink.reset();
    return use(sink);
  } finally {
    if (sink.length < 1 << 20) idle = sink;
  }
}

/** The encoding of one value, in an array of its own. */
export function encodeToBytes<T>(coder: Coder<T>, value: T, nested = false): Uint8Array {
  return withSink((sink) => {
    coder.encode(value, sink, nested);
    return sink.toBytes();
  });
}

/** The value that `bytes` encode. Bytes left over are an error: they mean that the coders of the two ends differ. */
export function decodeFromBytes<T>(coder: Coder<T>, bytes: Uint8Array, nested = false): T {
  const source = new BytesSource(bytes);
  const value = coder.decode(source, nested);
  if (source.remaining > 0)
    throw coderError(
      CODER_ERROR.leftOver,
      `${coder.urn} read ${source.position} of ${bytes.length} bytes and ${source.remaining} are left over`,
      { hint: 'the bytes were written by another coder, or in the other context (nested or not)' },
    );
  return value;
}
