import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import type { JsonObject } from '../model/json.js';
import type { Timestamp } from '../model/time.js';
import { BEAM_CODER } from '../model/urns.js';
import type { BoundedWindow, PaneInfo, Windows } from '../model/window.js';
import { BytesSource } from './byte-source.js';
import { withSink } from './encode.js';
import { CODER_ERROR, coderError } from './errors.js';
import { readInstant, writeInstant } from './instant.js';
import { allDeterministic } from './kv.js';
import { readPane, writePane } from './pane.js';
import { bytesPayload } from './payload-bytes.js';

/** An element as it travels between a runner and a harness. */
export interface WindowedValue<T> {
  readonly value: T;
  readonly timestamp: Timestamp;
  readonly windows: Windows;
  readonly pane: PaneInfo;
}

/** What `windowed_value` puts before the value, and `param_windowed_value` into its payload. */
export type WindowedValueParameters = Omit<WindowedValue<unknown>, 'value'>;

class WindowedValueCoder<T, W extends BoundedWindow> implements Coder<WindowedValue<T>> {
  readonly urn = BEAM_CODER.windowedValue;
  readonly components: readonly Coder<unknown>[];
  readonly deterministic: true | string;
  constructor(
    readonly value: Coder<T>,
    readonly window: Coder<W>,
  ) {
    this.components = [value, window];
    this.deterministic = allDeterministic(this.components);
  }
  encode(element: WindowedValue<T>, to: ByteSink, nested: boolean): void {
    writeParameters(element, this.window, to);
    this.value.encode(element.value, to, nested);
  }
  decode(from: ByteSource, nested: boolean): WindowedValue<T> {
    const timestamp = readInstant(from);
    const windows = readWindows(from, this.window);
    const pane = readPane(from);
    return { value: this.value.decode(from, nested), timestamp, windows, pane };
  }
}

class ParamWindowedValueCoder<T, W extends BoundedWindow> implements Coder<WindowedValue<T>> {
  readonly urn = BEAM_CODER.paramWindowedValue;
  readonly components: readonly Coder<unknown>[];
  readonly deterministic: true | string;
  readonly payload: JsonObject;
  readonly parameters: WindowedValueParameters;
  constructor(
    readonly value: Coder<T>,
    readonly window: Coder<W>,
    payload: Uint8Array,
  ) {
    this.components = [value, window];
    this.deterministic = value.deterministic;
    this.payload = bytesPayload(payload);
    const source = new BytesSource(payload);
    const timestamp = readInstant(source);
    const windows = readWindows(source, window);
    this.parameters = { timestamp, windows, pane: readPane(source) };
    // The payload is a windowed value of no bytes, whose length, 0, follows or does not.
    if (source.remaining > 0 && (source.byte() !== 0 || source.remaining > 0))
      throw coderError(CODER_ERROR.spec, `the payload of ${this.urn} goes on after its pane`);
  }
  encode(element: WindowedValue<T>, to: ByteSink, nested: boolean): void {
    this.value.encode(element.value, to, nested);
  }
  decode(from: ByteSource, nested: boolean): WindowedValue<T> {
    const { timestamp, windows, pane } = this.parameters;
    return { value: this.value.decode(from, nested), timestamp, windows, pane };
  }
}

function writeParameters<W extends BoundedWindow>(
  element: WindowedValueParameters,
  window: Coder<W>,
  to: ByteSink,
): void {
  writeInstant(to, element.timestamp);
  writeWindows(element.windows, window, to);
  writePane(to, element.pane);
}

/** The windows of an element: a count and each. */
export function writeWindows<W extends BoundedWindow>(windows: Windows, window: Coder<W>, to: ByteSink): void {
  if (isList(windows)) {
    to.int32(windows.length);
    for (const each of windows) window.encode(each as W, to, true);
  } else {
    to.int32(1);
    window.encode(windows as W, to, true);
  }
}

/** A single window as it is, any other number as a list. */
export function readWindows<W extends BoundedWindow>(from: ByteSource, window: Coder<W>): Windows {
  const count = from.int32();
  if (count === 1) return window.decode(from, true);
  if (count < 0 || count > from.remaining + 1)
    throw coderError(CODER_ERROR.malformed, `an element in ${count} windows, and ${from.remaining} bytes are left`);
  return Array.from({ length: count }, () => window.decode(from, true));
}

const isList = (windows: Windows): windows is readonly BoundedWindow[] => Array.isArray(windows);

/** Timestamp, windows, pane, then the value. */
export function windowedValueCoder<T, W extends BoundedWindow>(
  value: Coder<T>,
  window: Coder<W>,
): Coder<WindowedValue<T>> {
  return new WindowedValueCoder(value, window);
}

/** The value only: timestamp, windows and pane are the same for all elements and stand in the payload. */
export function paramWindowedValueCoder<T, W extends BoundedWindow>(
  value: Coder<T>,
  window: Coder<W>,
  payload: Uint8Array | WindowedValueParameters,
): Coder<WindowedValue<T>> {
  if (payload instanceof Uint8Array) return new ParamWindowedValueCoder(value, window, payload);
  const bytes = withSink((sink) => {
    writeParameters(payload, window, sink);
    sink.byte(0);
    return sink.toBytes();
  });
  return new ParamWindowedValueCoder(value, window, bytes);
}
