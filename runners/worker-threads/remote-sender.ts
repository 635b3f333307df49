import { GrowableSink } from '../../sdk/coders/index.js';
import type { ChannelSender, Marker } from '../dataflow/index.js';
import { type Batch, functionError } from '../kernel/index.js';
import { encodeBatch } from './batch-frame.js';
import type { ChannelCoder } from './channel-coder.js';
import type { LinkSender } from './link.js';
import { BATCH_FRAME, encodeMarker } from './marker-frame.js';

/** What the link has not taken yet: the rest of a batch, or a marker. */
type Waiting = { readonly batch: Batch; from: number } | { readonly marker: Marker };

/** A frame is about so large: half of a ring, so that the next one can be written while this one is read. */
const FRAME_BYTES = 1 << 17;
/** A sink that has grown beyond this is not kept. */
const KEPT_SINK_BYTES = 1 << 22;

/** Frames are encoded here, one after the other; the ring copies them out. */
let sink = new GrowableSink(FRAME_BYTES);

/**
 * The producing end of a channel to a task in another thread. It takes every batch, as a channel must; what the link does
 * not take at once waits in order, as it is, and the channel counts as full meanwhile, so that its producer is not run.
 * A batch goes in frames of about one size, by what the elements of the last frame took.
 */
export class RemoteSender implements ChannelSender {
  readonly #link: LinkSender;
  readonly #channel: number;
  readonly #coder: ChannelCoder;
  readonly #onSpace: () => void;
  readonly #onBlocked: (sender: RemoteSender) => void;
  readonly #waiting: Waiting[] = [];
  /** Elements of the next frame: one at first, to see how large they are. */
  #perFrame = 1;

  constructor(
    link: LinkSender,
    channel: number,
    coder: ChannelCoder,
    /** Called when the channel is full no more. */
    onSpace: () => void,
    /** Called when the channel is full: {@link proceed} is wanted as soon as the link or the credit allows. */
    onBlocked: (sender: RemoteSender) => void,
  ) {
    this.#link = link;
    this.#channel = channel;
    this.#coder = coder;
    this.#onSpace = onSpace;
    this.#onBlocked = onBlocked;
  }

  get full(): boolean {
    if (this.#waiting.length === 0 && this.#link.hasCredit(this.#channel)) return false;
    this.#onBlocked(this);
    return true;
  }

  accept(batch: Batch): boolean {
    this.#waiting.push({ batch, from: 0 });
    this.#send();
    return !this.full;
  }

  mark(marker: Marker): void {
    const last = this.#waiting.at(-1);
    // A watermark that has not gone yet is overtaken by the next one.
    if (marker.kind === 'watermark' && last !== undefined && 'marker' in last && last.marker.kind === 'watermark')
      this.#waiting.pop();
    this.#waiting.push({ marker });
    this.#send();
    if (this.#waiting.length > 0) this.#onBlocked(this);
  }

  #send(): void {
    const waiting = this.#waiting;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if ('marker' in next) {
        const { kind, payload } = encodeMarker(next.marker);
        if (!this.#link.trySendControl(this.#channel, kind, payload)) return;
      } else {
        for (const { batch } = next; next.from < batch.length; ) {
          if (!this.#link.isReady(this.#channel)) return;
          next.from = this.#sendFrame(batch, next.from);
        }
      }
      waiting.shift();
    }
  }

  /** Answers the index of the first element that was not sent. */
  #sendFrame(batch: Batch, from: number): number {
    const to = Math.min(batch.length, from + this.#perFrame);
    sink.reset();
    try {
      encodeBatch(batch, from, to, this.#coder, sink);
    } catch (error) {
      const { step } = this.#coder;
      throw step === undefined ? error : functionError(error, { name: step.transform.uniqueName, source: step.source });
    }
    this.#link.trySend(this.#channel, BATCH_FRAME, sink.view());
    this.#perFrame = Math.max(1, Math.floor(((to - from) * FRAME_BYTES) / sink.length));
    if (sink.length > KEPT_SINK_BYTES) sink = new GrowableSink(FRAME_BYTES);
    return to;
  }

  /** Whether something was accepted that the link has not taken yet. */
  get hasUnsent(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether {@link proceed} would get further. When not, this thread is woken as soon as it would. */
  canProceed(): boolean {
    if (this.#link.busy && !this.#link.canFlush()) return false;
    const [next] = this.#waiting;
    return (next !== undefined && 'marker' in next) || this.#link.hasCredit(this.#channel);
  }

  /** Sends what waits, as far as it goes; true when the channel is not full any more. */
  proceed(): boolean {
    this.#send();
    if (this.#waiting.length > 0 || !this.#link.hasCredit(this.#channel)) return false;
    this.#onSpace();
    return true;
  }
}
