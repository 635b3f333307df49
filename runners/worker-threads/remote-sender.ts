import { GrowableSink } from '../../sdk/coders/index.js';
import type { ChannelSender, Marker } from '../dataflow/index.js';
import { type Batch, functionError } from '../kernel/index.js';
import { encodeBatch } from './batch-frame.js';
import type { ChannelCoder } from './channel-coder.js';
import type { LinkSender } from './link.js';
import { BATCH_FRAME, encodeMarker, WATERMARK_FRAME } from './marker-frame.js';

interface Waiting {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** Batches are encoded here, one after the other; the ring copies them out. */
const sink = new GrowableSink(1 << 16);

/**
 * The producing end of a channel to a task in another thread. It takes every batch, as a channel must; what the link does
 * not take at once waits in order, and the channel counts as full meanwhile, so that its producer is not run.
 */
export class RemoteSender implements ChannelSender {
  readonly #link: LinkSender;
  readonly #channel: number;
  readonly #coder: ChannelCoder;
  readonly #onSpace: () => void;
  readonly #onBlocked: (sender: RemoteSender) => void;
  readonly #waiting: Waiting[] = [];

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
    sink.reset();
    try {
      encodeBatch(batch, this.#coder, sink);
    } catch (error) {
      const { step } = this.#coder;
      throw step === undefined ? error : functionError(error, { name: step.transform.uniqueName, source: step.source });
    }
    const payload = sink.view();
    if (this.#waiting.length > 0 || !this.#link.trySend(this.#channel, BATCH_FRAME, payload))
      this.#wait(BATCH_FRAME, payload);
    return !this.full;
  }

  mark(marker: Marker): void {
    const { kind, payload } = encodeMarker(marker);
    if (this.#waiting.length === 0) {
      if (!this.#link.trySendControl(this.#channel, kind, payload)) this.#wait(kind, payload);
      return;
    }
    // A watermark that has not gone yet is overtaken by the next one.
    if (kind === WATERMARK_FRAME && this.#waiting.at(-1)!.kind === WATERMARK_FRAME) this.#waiting.pop();
    this.#wait(kind, payload);
  }

  #wait(kind: number, payload: Uint8Array): void {
    this.#waiting.push({ kind, payload: payload.slice() });
    this.#onBlocked(this);
  }

  /** Whether something was accepted that the link has not taken yet. */
  get hasUnsent(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether {@link proceed} would get further. When not, this thread is woken as soon as it would. */
  canProceed(): boolean {
    if (this.#link.busy && !this.#link.canFlush()) return false;
    const [next] = this.#waiting;
    return (next !== undefined && next.kind !== BATCH_FRAME) || this.#link.hasCredit(this.#channel);
  }

  /** Sends what waits, as far as it goes; true when the channel is not full any more. */
  proceed(): boolean {
    const waiting = this.#waiting;
    let sent = 0;
    for (const { kind, payload } of waiting) {
      const went =
        kind === BATCH_FRAME
          ? this.#link.trySend(this.#channel, kind, payload)
          : this.#link.trySendControl(this.#channel, kind, payload);
      if (!went) break;
      sent++;
    }
    waiting.splice(0, sent);
    if (waiting.length > 0 || !this.#link.hasCredit(this.#channel)) return false;
    this.#onSpace();
    return true;
  }
}
