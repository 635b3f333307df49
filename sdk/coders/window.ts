import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import { BEAM_CODER } from '../model/urns.js';
import { type BoundedWindow, GlobalWindow, IntervalWindow } from '../model/window.js';
import { CODER_ERROR, coderError, wrongType } from './errors.js';
import {
  instantFromMillis,
  instantToMillis,
  maxTimestampToMillis,
  readMillis,
  writeInstant,
  writeMillis,
} from './instant.js';

class GlobalWindowCoder implements Coder<GlobalWindow> {
  readonly urn = BEAM_CODER.globalWindow;
  readonly components = [];
  readonly deterministic = true;
  encode(value: GlobalWindow): void {
    if (!(value instanceof GlobalWindow)) throw wrongType(this.urn, 'the global window', value);
  }
  decode(): GlobalWindow {
    return GlobalWindow.INSTANCE;
  }
}

/** The end as an instant and the span as a varint. Neighbouring elements mostly share their window, and its object. */
class IntervalWindowCoder implements Coder<IntervalWindow> {
  readonly urn = BEAM_CODER.intervalWindow;
  readonly components = [];
  readonly deterministic = true;
  #last = new IntervalWindow(0, 0);

  encode(value: IntervalWindow, to: ByteSink): void {
    if (typeof value !== 'object' || value === null || typeof value.end !== 'number' || typeof value.start !== 'number')
      throw wrongType(this.urn, 'an interval window', value);
    const span = value.end - value.start;
    if (!(span >= 0))
      throw coderError(CODER_ERROR.range, `the window [${value.start}, ${value.end}) ends before it starts`);
    if (Number.isSafeInteger(value.start) && Number.isSafeInteger(value.end) && Number.isSafeInteger(span)) {
      writeInstant(to, value.end);
      to.varint(span);
    } else {
      const end = instantToMillis(value.end);
      writeMillis(to, end);
      to.varint64(end - instantToMillis(value.start));
    }
  }

  decode(from: ByteSource): IntervalWindow {
    const high = from.int32() ^ 0x80000000;
    const low = from.int32() >>> 0;
    const end = high * 2 ** 32 + low;
    const span = readSpan(from);
    const start =
      typeof span === 'number' && Number.isSafeInteger(end)
        ? end - span
        : instantFromMillis(((BigInt(high) << 32n) | BigInt(low)) - BigInt(span));
    const last = this.#last;
    if (last.end === end && last.start === start) return last;
    this.#last = new IntervalWindow(start, end);
    return this.#last;
  }
}

/** A varint that may pass 2^53: the span from MIN to MAX does. */
function readSpan(from: ByteSource): number | bigint {
  let span = 0;
  let factor = 1;
  for (let i = 0; i < 7; i++) {
    const byte = from.byte();
    span += (byte & 0x7f) * factor;
    if (byte < 0x80) return span;
    factor *= 128;
  }
  let wide = BigInt(span);
  for (let shift = 49n; shift < 63n; shift += 7n) {
    const byte = from.byte();
    wide |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return wide;
  }
  throw coderError(CODER_ERROR.malformed, `${BEAM_CODER.intervalWindow} reads a span of more than 63 bits`);
}

/** A window of another kind: its last instant, which the runner needs, then the window as `window` writes it. */
class CustomWindowCoder<W extends BoundedWindow> implements Coder<W> {
  readonly urn = BEAM_CODER.customWindow;
  readonly components: readonly Coder<unknown>[];
  readonly deterministic: true | string;
  constructor(readonly window: Coder<W>) {
    this.components = [window];
    this.deterministic = window.deterministic;
  }
  encode(value: W, to: ByteSink): void {
    if (typeof value !== 'object' || value === null || typeof value.maxTimestamp !== 'number')
      throw wrongType(this.urn, 'a window', value);
    writeMillis(to, maxTimestampToMillis(value));
    this.window.encode(value, to, true);
  }
  decode(from: ByteSource): W {
    readMillis(from);
    return this.window.decode(from, true);
  }
}

const GLOBAL_WINDOW = new GlobalWindowCoder();

/** The global window: no bytes. */
export const globalWindowCoder = (): Coder<GlobalWindow> => GLOBAL_WINDOW;
export const intervalWindowCoder = (): Coder<IntervalWindow> => new IntervalWindowCoder();
export function customWindowCoder<W extends BoundedWindow>(window: Coder<W>): Coder<W> {
  return new CustomWindowCoder(window);
}
