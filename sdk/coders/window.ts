import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import { MIN_TIMESTAMP } from '../model/time.js';
import { BEAM_CODER, MILLRACE_CODER } from '../model/urns.js';
import { type BoundedWindow, GlobalWindow, IntervalWindow, sameWindow, windowOf } from '../model/window.js';
import { CODER_ERROR, coderError, wrongType } from './errors.js';
import {
  instantFromMillis,
  instantToMillis,
  maxTimestampToMillis,
  readInstant,
  readMillis,
  writeInstant,
  writeMillis,
} from './instant.js';
import { stringUtf8Coder } from './scalars.js';

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
      // A window that holds the least timestamp may begin before it.
      const { start } = value;
      const begins = start < MIN_TIMESTAMP && Number.isInteger(start) ? BigInt(start) : instantToMillis(start);
      to.varint64(end - begins);
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

const HAS_ID = 1;
const HAS_MAX = 2;
const IS_GLOBAL = 4;

/** Any window: bounds, the last instant where it is not the one before the end, and the id where there is one. */
class OwnWindowCoder implements Coder<BoundedWindow> {
  readonly urn = MILLRACE_CODER.window;
  readonly components = [];
  readonly deterministic = true;
  readonly #text = stringUtf8Coder();
  /** Neighbouring elements mostly share their window, and its object. */
  #last: BoundedWindow = GlobalWindow.INSTANCE;

  encode(value: BoundedWindow, to: ByteSink): void {
    if (value === GlobalWindow.INSTANCE) {
      to.byte(IS_GLOBAL);
      return;
    }
    if (typeof value !== 'object' || value === null || typeof value.end !== 'number' || typeof value.start !== 'number')
      throw wrongType(this.urn, 'a window', value);
    const { start, end, maxTimestamp, id } = value;
    const hasMax = maxTimestamp !== end - 1;
    to.byte((id === undefined ? 0 : HAS_ID) | (hasMax ? HAS_MAX : 0));
    writeInstant(to, start);
    writeInstant(to, end);
    if (hasMax) writeInstant(to, maxTimestamp);
    if (id !== undefined) this.#text.encode(id, to, true);
  }

  decode(from: ByteSource): BoundedWindow {
    const flags = from.byte();
    if (flags === IS_GLOBAL) return GlobalWindow.INSTANCE;
    if (flags > (HAS_ID | HAS_MAX))
      throw coderError(CODER_ERROR.malformed, `${this.urn} begins with the byte ${flags}`);
    const start = readInstant(from);
    const end = readInstant(from);
    const maxTimestamp = (flags & HAS_MAX) === 0 ? end - 1 : readInstant(from);
    const window = windowOf(
      start,
      end,
      maxTimestamp,
      (flags & HAS_ID) === 0 ? undefined : this.#text.decode(from, true),
    );
    const last = this.#last;
    if (!sameWindow(last, window) || last.maxTimestamp !== maxTimestamp) this.#last = window;
    return this.#last;
  }
}

const GLOBAL_WINDOW = new GlobalWindowCoder();

/** The global window: no bytes. */
export const globalWindowCoder = (): Coder<GlobalWindow> => GLOBAL_WINDOW;
export const intervalWindowCoder = (): Coder<IntervalWindow> => new IntervalWindowCoder();
/** Of windows that a function of the author's has made. */
export const ownWindowCoder = (): Coder<BoundedWindow> => new OwnWindowCoder();
export function customWindowCoder<W extends BoundedWindow>(window: Coder<W>): Coder<W> {
  return new CustomWindowCoder(window);
}
