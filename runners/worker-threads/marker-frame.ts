import type { Marker } from '../dataflow/index.js';

/** Kinds of frames on a link between two threads. */
export const BATCH_FRAME = 0;
export const WATERMARK_FRAME = 1;
const IDLE_FRAME = 2;
const BARRIER_FRAME = 3;
const END_FRAME = 4;

const NOTHING = new Uint8Array(0);

export interface MarkerFrame {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** Watermarks come by the thousand a second: both are overwritten by the next marker. */
const scratch = new Float64Array(3);
const oneNumber = new Uint8Array(scratch.buffer, 0, Float64Array.BYTES_PER_ELEMENT);
const threeNumbers = new Uint8Array(scratch.buffer);

/** A marker as a frame: a few numbers in the machine's own byte order. The payload is valid until the next call. */
export function encodeMarker(marker: Marker): MarkerFrame {
  switch (marker.kind) {
    case 'watermark':
      scratch[0] = marker.timestamp;
      return { kind: WATERMARK_FRAME, payload: oneNumber };
    case 'idle':
      return { kind: IDLE_FRAME, payload: NOTHING };
    case 'barrier':
      scratch[0] = marker.epoch;
      scratch[1] = marker.stop ? 1 : 0;
      scratch[2] = marker.oldest;
      return { kind: BARRIER_FRAME, payload: threeNumbers };
    case 'end':
      return { kind: END_FRAME, payload: NOTHING };
  }
}

/** The payload begins its buffer, as those of a link do. */
export function decodeMarker(kind: number, payload: Uint8Array): Marker {
  switch (kind) {
    case WATERMARK_FRAME:
      return { kind: 'watermark', timestamp: new Float64Array(payload.buffer, 0, 1)[0]! };
    case IDLE_FRAME:
      return { kind: 'idle' };
    case BARRIER_FRAME: {
      const [epoch, stop, oldest] = new Float64Array(payload.buffer, 0, 3);
      return { kind: 'barrier', epoch: epoch!, oldest: oldest!, stop: stop === 1 };
    }
    case END_FRAME:
      return { kind: 'end' };
    default:
      throw new Error(`a link has no frames of kind ${kind}`);
  }
}
