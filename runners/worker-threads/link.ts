import { MillraceError } from '../../sdk/model/errors.js';
import { RingReader, RingWriter, ringBytes } from './ring.js';

/**
 * A link carries the frames of many channels from one thread to another. A frame is a channel, a kind and bytes; a frame
 * that is larger than the ring goes through it in pieces. Each channel has a credit in bytes: what was sent and not yet
 * taken by the consuming task. The receiving thread empties the ring as soon as it can, whether its tasks want the
 * frames or not, so a channel that is not taken from never holds up another one; the credit bounds what lies with it.
 */
export interface LinkMemory {
  readonly memory: SharedArrayBuffer;
  readonly channels: number;
  readonly capacity: number;
  /** A channel takes frames while less than this is outstanding, so at most one frame more than this. */
  readonly creditBytes: number;
}

export interface LinkOptions {
  readonly channels: number;
  /** Bytes of the ring; a power of two. */
  readonly capacity: number;
  readonly creditBytes: number;
}

/** Word 0: the length of the payload. Word 1: channel * 256 + kind. Payloads are padded to 8 bytes. */
const FRAME_HEADER_BYTES = 8;
export const MAX_CHANNELS = 2 ** 23;
const MAX_PAYLOAD_BYTES = 2 ** 31 - 16;

/** Control words of a link, then three words for each channel. */
const SENDER_ENDED = 0;
const RECEIVER_ENDED = 1;
/** The sender waits for space in the ring. */
const WANTS_SPACE = 2;
const CONTROL_WORDS = 4;
/** Bytes taken from the channel so far, modulo 2^32. */
const TAKEN = 0;
/** The sender waits for credit of this channel. */
const STARVING = 1;
/** Where the bytes taken must have come for the sender to be woken. */
const WAKE_AT = 2;
const CHANNEL_WORDS = 3;

export function createLink(options: LinkOptions): LinkMemory {
  const { channels, capacity, creditBytes } = options;
  if (channels > MAX_CHANNELS) throw new RangeError(`a link has at most ${MAX_CHANNELS} channels, not ${channels}`);
  const memory = new SharedArrayBuffer(ringOffset(channels) + ringBytes(capacity));
  return { memory, channels, capacity, creditBytes };
}

/** What a frame counts for in its channel's credit. */
export function frameBytes(payloadBytes: number): number {
  return FRAME_HEADER_BYTES + ((payloadBytes + 7) & ~7);
}

function ringOffset(channels: number): number {
  const words = CONTROL_WORDS + channels * CHANNEL_WORDS;
  return (words * Int32Array.BYTES_PER_ELEMENT + 63) & ~63;
}

function controlWords(link: LinkMemory): Int32Array {
  return new Int32Array(link.memory, 0, CONTROL_WORDS + link.channels * CHANNEL_WORDS);
}

/** Marks one end of a link as gone; called by the end itself, or for a thread that died. Wake both threads after it. */
export function endLink(link: LinkMemory, end: 'sender' | 'receiver'): void {
  Atomics.store(controlWords(link), end === 'sender' ? SENDER_ENDED : RECEIVER_ENDED, 1);
}

function peerEnded(peer: string): MillraceError {
  return new MillraceError('THREAD_ENDED', 'runner', `${peer} ended while frames were under way`);
}

export class LinkSender {
  readonly #control: Int32Array;
  readonly #ring: RingWriter;
  readonly #creditBytes: number;
  readonly #sent: Int32Array;
  readonly #header = new Int32Array(2);
  readonly #headerBytes = new Uint8Array(this.#header.buffer);
  /** What is left of the frame that did not fit; a copy. */
  #rest: Uint8Array | undefined;

  constructor(
    link: LinkMemory,
    /** The name of the receiving thread, for errors. */
    readonly peer: string,
    /** Called after frames were published. */
    readonly wakePeer: () => void,
  ) {
    this.#control = controlWords(link);
    this.#ring = new RingWriter({ memory: link.memory, offset: ringOffset(link.channels), capacity: link.capacity });
    this.#creditBytes = link.creditBytes;
    this.#sent = new Int32Array(link.channels);
  }

  /**
   * Whether the channel takes a frame as far as its credit goes. When not, this thread is woken when half of the credit
   * is back: to be woken for each frame would cost more than the frame.
   */
  hasCredit(channel: number): boolean {
    if (this.outstanding(channel) < this.#creditBytes) return true;
    const word = CONTROL_WORDS + channel * CHANNEL_WORDS;
    Atomics.store(this.#control, word + WAKE_AT, (this.#sent[channel] as number) - (this.#creditBytes >> 1));
    Atomics.store(this.#control, word + STARVING, 1);
    return this.outstanding(channel) < this.#creditBytes;
  }

  /** Bytes of the channel that were sent and not yet taken. */
  outstanding(channel: number): number {
    const taken = Atomics.load(this.#control, CONTROL_WORDS + channel * CHANNEL_WORDS + TAKEN);
    return ((this.#sent[channel] as number) - taken) >>> 0;
  }

  /** Whether a frame is partly in the ring still: nothing else can be sent before {@link flush} has finished it. */
  get busy(): boolean {
    return this.#rest !== undefined;
  }

  /** Whether {@link trySend} would send a frame of this channel now. When not, this thread is woken when it would. */
  isReady(channel: number): boolean {
    return (this.#rest === undefined || this.flush()) && this.hasCredit(channel);
  }

  /**
   * Sends a frame, or answers false when the channel has no credit or an earlier frame is still on its way into the
   * ring. Never waits. The payload is copied before this returns.
   */
  trySend(channel: number, kind: number, payload: Uint8Array): boolean {
    if (!this.isReady(channel)) return false;
    this.#send(channel, kind, payload);
    return true;
  }

  /** As {@link trySend}, without regard to the credit: for small frames that come seldom (watermarks, barriers, ends). */
  trySendControl(channel: number, kind: number, payload: Uint8Array): boolean {
    if (this.#rest !== undefined && !this.flush()) return false;
    this.#send(channel, kind, payload);
    return true;
  }

  #send(channel: number, kind: number, payload: Uint8Array): void {
    if (Atomics.load(this.#control, RECEIVER_ENDED) !== 0) throw peerEnded(this.peer);
    if (payload.length > MAX_PAYLOAD_BYTES)
      throw new MillraceError(
        'FRAME_TOO_LARGE',
        'runner',
        `a batch of ${payload.length} bytes is too large for a channel`,
        {
          hint: `A batch that goes from one thread to another has less than 2 GB; make its elements smaller.`,
        },
      );
    const total = frameBytes(payload.length);
    this.#sent[channel] = ((this.#sent[channel] as number) + total) | 0;
    this.#header[0] = payload.length;
    this.#header[1] = (channel << 8) | kind;
    const ring = this.#ring;
    if (ring.free(total) >= total) {
      ring.write(this.#headerBytes);
      ring.write(payload);
      ring.skip(total - FRAME_HEADER_BYTES - payload.length);
      ring.publish();
      this.wakePeer();
    } else {
      const rest = new Uint8Array(total);
      rest.set(this.#headerBytes);
      rest.set(payload, FRAME_HEADER_BYTES);
      this.#rest = rest;
      this.flush();
    }
  }

  /** Whether {@link flush} would get further. When not, this thread is woken as soon as it would. */
  canFlush(): boolean {
    if (this.#ring.free(1) > 0) return true;
    Atomics.store(this.#control, WANTS_SPACE, 1);
    return this.#ring.free(1) > 0;
  }

  /** Goes on with a frame that did not fit; true when nothing is left of it. When not, this thread is woken for more. */
  flush(): boolean {
    const ring = this.#ring;
    while (this.#rest !== undefined) {
      if (Atomics.load(this.#control, RECEIVER_ENDED) !== 0) throw peerEnded(this.peer);
      const rest = this.#rest;
      if (!this.canFlush()) return false;
      // Both sides move by multiples of 8, so that a frame's header is never cut.
      const fits = Math.min(ring.free(rest.length), rest.length);
      ring.write(rest.subarray(0, fits));
      ring.publish();
      this.wakePeer();
      this.#rest = fits === rest.length ? undefined : rest.subarray(fits);
    }
    return true;
  }
}

/** Takes what a frame held; the payload belongs to the callee, and begins a buffer of its own. */
export type FrameHandler = (channel: number, kind: number, payload: Uint8Array) => void;

export class LinkReceiver {
  readonly #control: Int32Array;
  readonly #ring: RingReader;
  readonly #header = new Int32Array(2);
  readonly #headerBytes = new Uint8Array(this.#header.buffer);
  /** The frame that is being put together, and how many of its padded bytes are there. */
  #frame: Uint8Array | undefined;
  #filled = 0;
  #channel = 0;
  #kind = 0;
  #length = 0;
  #unreleased = false;
  #endSeen = false;

  constructor(
    link: LinkMemory,
    readonly peer: string,
    /** Called when the sender waits for space or credit and got it. */
    readonly wakePeer: () => void,
  ) {
    this.#control = controlWords(link);
    this.#ring = new RingReader({ memory: link.memory, offset: ringOffset(link.channels), capacity: link.capacity });
  }

  /** Whether {@link receive} would find something: frames, or that the sender has gone. */
  hasFrames(): boolean {
    return this.#ring.available(1) > 0 || (!this.#endSeen && Atomics.load(this.#control, SENDER_ENDED) !== 0);
  }

  /** Whether the sending end is gone and all that it had sent was received. */
  get ended(): boolean {
    return Atomics.load(this.#control, SENDER_ENDED) !== 0 && this.#ring.available(1) === 0;
  }

  /**
   * Takes frames out of the ring until it is empty or `budgetBytes` are done; answers the number of bytes. The sender
   * gets the space back at once, the credit at {@link taken}.
   */
  receive(onFrame: FrameHandler, budgetBytes: number): number {
    const ring = this.#ring;
    let done = 0;
    while (done < budgetBytes) {
      let frame = this.#frame;
      if (frame === undefined) {
        if (ring.available(FRAME_HEADER_BYTES) === 0) break;
        ring.read(this.#headerBytes);
        this.#unreleased = true;
        this.#length = this.#header[0] as number;
        const target = this.#header[1] as number;
        this.#channel = target >>> 8;
        this.#kind = target & 0xff;
        // Not zero-filled, with a buffer of its own: every byte is overwritten.
        frame = Buffer.allocUnsafeSlow(frameBytes(this.#length) - FRAME_HEADER_BYTES);
        this.#frame = frame;
        this.#filled = 0;
        done += FRAME_HEADER_BYTES;
      }
      const missing = frame.length - this.#filled;
      const here = Math.min(missing, ring.available(missing));
      if (here > 0) {
        ring.read(frame.subarray(this.#filled, this.#filled + here));
        this.#unreleased = true;
        this.#filled += here;
        done += here;
      }
      if (here < missing) {
        if (ring.available(1) === 0) break;
        this.#release();
        continue;
      }
      this.#frame = undefined;
      this.#release();
      onFrame(this.#channel, this.#kind, new Uint8Array(frame.buffer, 0, this.#length));
    }
    this.#release();
    if (done === 0 && this.ended) {
      this.#endSeen = true;
      if (this.#frame !== undefined) throw peerEnded(this.peer);
    }
    return done;
  }

  #release(): void {
    if (!this.#unreleased) return;
    this.#unreleased = false;
    this.#ring.release();
    // What is known to be there: the writer has at least as much space as it looks from here once this is read.
    if (this.#ring.available(0) <= this.#ring.capacity >> 1 && Atomics.load(this.#control, WANTS_SPACE) === 1) {
      Atomics.store(this.#control, WANTS_SPACE, 0);
      this.wakePeer();
    }
  }

  /** Returns the credit of a frame whose payload had so many bytes: its consumer has taken it. */
  taken(channel: number, payloadBytes: number): void {
    const word = CONTROL_WORDS + channel * CHANNEL_WORDS;
    const bytes = frameBytes(payloadBytes);
    const taken = Atomics.add(this.#control, word + TAKEN, bytes) + bytes;
    if (Atomics.load(this.#control, word + STARVING) === 0) return;
    if (((taken - Atomics.load(this.#control, word + WAKE_AT)) | 0) < 0) return;
    Atomics.store(this.#control, word + STARVING, 0);
    this.wakePeer();
  }
}
