import { BytesSource } from '../../sdk/coders/index.js';
import type { ChannelReceiver, Frame } from '../dataflow/index.js';
import { type BatchCoder, BatchDecoder } from './batch-frame.js';
import type { LinkReceiver } from './link.js';
import { BATCH_FRAME, decodeMarker, WATERMARK_FRAME } from './marker-frame.js';

interface Arrived {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/**
 * The consuming end of a channel from a task in another thread. Frames wait as bytes and are decoded when the task takes
 * them, which is also when the producer gets its credit back.
 */
export class RemoteReceiver implements ChannelReceiver {
  readonly #link: LinkReceiver;
  readonly #channel: number;
  readonly #decoder: BatchDecoder;
  readonly #onFrame: () => void;
  #frames: (Arrived | undefined)[] = [];
  #head = 0;

  constructor(link: LinkReceiver, channel: number, coder: BatchCoder, onFrame: () => void) {
    this.#link = link;
    this.#channel = channel;
    this.#decoder = new BatchDecoder(coder);
    this.#onFrame = onFrame;
  }

  get empty(): boolean {
    return this.#head === this.#frames.length;
  }

  /** A frame came in over the link. */
  deliver(kind: number, payload: Uint8Array): void {
    const last = this.#frames.length - 1;
    const before = last < this.#head ? undefined : this.#frames[last];
    if (kind === WATERMARK_FRAME && before?.kind === WATERMARK_FRAME) {
      this.#link.taken(this.#channel, before.payload.length);
      this.#frames[last] = { kind, payload };
      return;
    }
    this.#frames.push({ kind, payload });
    this.#onFrame();
  }

  take(): Frame | undefined {
    if (this.empty) return undefined;
    const { kind, payload } = this.#frames[this.#head]!;
    this.#frames[this.#head] = undefined;
    this.#head++;
    // Taken frames are let go at once; moving the rest to the front is put off until it is worth it.
    if (this.#head === this.#frames.length || this.#head === 64) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    this.#link.taken(this.#channel, payload.length);
    return kind === BATCH_FRAME ? this.#decoder.decode(new BytesSource(payload)) : decodeMarker(kind, payload);
  }
}
