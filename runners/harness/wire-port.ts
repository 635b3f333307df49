import { GrowableSink, type WindowedValue } from '../../sdk/coders/index.js';
import type { Coder, PaneInfo, Timestamp, Windows } from '../../sdk/model/index.js';
import type { OutputPort } from '../kernel/index.js';

/** Smaller messages cost gRPC more than they carry. */
const MESSAGE_BYTES = 128 << 10;

/** An output of a stage that goes back to the engine: encodes elements, and sends them when there are enough. */
export class WirePort implements OutputPort {
  readonly keyed = false;
  readonly #sink = new GrowableSink(4 << 10);
  readonly #coder: Coder<WindowedValue<unknown>>;
  readonly #send: (data: Uint8Array) => void;
  /** Elements written since it was last set to 0. */
  count = 0;

  constructor(coder: Coder<WindowedValue<unknown>>, send: (data: Uint8Array) => void) {
    this.#coder = coder;
    this.#send = send;
  }

  push(value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    this.#coder.encode({ value, timestamp, windows, pane }, this.#sink, true);
    this.count++;
    if (this.#sink.length >= MESSAGE_BYTES) this.flush();
  }

  pushKeyed(key: unknown, value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    this.push({ key, value }, timestamp, windows, pane);
  }

  flush(): void {
    if (this.#sink.length === 0) return;
    const data = this.#sink.toBytes();
    this.#sink.reset();
    this.#send(data);
  }

  /** Forgets what a bundle that failed has left. */
  discard(): void {
    this.#sink.reset();
    this.count = 0;
  }
}
