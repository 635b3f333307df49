import { keyHash } from '../../sdk/coders/index.js';
import {
  type BoundedWindow,
  type ByteSink,
  type ByteSource,
  type Coder,
  GlobalWindow,
  IntervalWindow,
  MIN_TIMESTAMP,
  type Timestamp,
} from '../../sdk/model/index.js';
import { NO_KEY_GROUP, type SnapshotReader, type SnapshotWriter } from '../kernel/index.js';
import { keyGroups } from './key-groups.js';

/** How a grouping writes down what it holds: keys and accumulators by the coders of the plan. */
export class GroupCoding {
  readonly keyGroup: (key: unknown) => number;

  constructor(
    private readonly keyCoder: Coder<unknown>,
    private readonly accumulatorCoder: Coder<unknown>,
  ) {
    this.keyGroup = keyGroups(keyHash(keyCoder));
  }

  writeKey(key: unknown, to: ByteSink): void {
    this.keyCoder.encode(key, to, true);
  }

  readKey(from: ByteSource): unknown {
    return this.keyCoder.decode(from, true);
  }

  writeAccumulator(accumulator: unknown, to: ByteSink): void {
    this.accumulatorCoder.encode(accumulator, to, true);
  }

  readAccumulator(from: ByteSource): unknown {
    return this.accumulatorCoder.decode(from, true);
  }
}

const GLOBAL = 0;
const INTERVAL = 1;
const OTHER = 2;
const OTHER_WITH_ID = 3;

/** A window, by its bounds and its id. */
export function writeWindow(window: BoundedWindow, to: ByteSink): void {
  if (window === GlobalWindow.INSTANCE) {
    to.byte(GLOBAL);
    return;
  }
  const { start, end, maxTimestamp, id } = window;
  const isInterval = window instanceof IntervalWindow && id === undefined;
  to.byte(isInterval ? INTERVAL : id === undefined ? OTHER : OTHER_WITH_ID);
  to.float64(start);
  to.float64(end);
  if (isInterval) return;
  to.float64(maxTimestamp);
  if (id === undefined) return;
  to.varint(Buffer.byteLength(id));
  to.utf8(id);
}

export function readWindow(from: ByteSource): BoundedWindow {
  const kind = from.byte();
  if (kind === GLOBAL) return GlobalWindow.INSTANCE;
  const start = from.float64();
  const end = from.float64();
  if (kind === INTERVAL) return new IntervalWindow(start, end);
  const maxTimestamp = from.float64();
  return { start, end, maxTimestamp, ...(kind === OTHER_WITH_ID && { id: from.utf8(from.varint()) }) };
}

/** Tasks of one operator have the same watermark at a barrier; whoever finds none written down is told of it again. */
const WATERMARK = 1;

export function writeWatermark(to: SnapshotWriter, watermark: Timestamp): void {
  to.part('watermark', WATERMARK).entry(NO_KEY_GROUP, (sink) => sink.float64(watermark));
}

export function readWatermark(from: SnapshotReader): Timestamp {
  let watermark = Number.POSITIVE_INFINITY;
  for (const { from: source } of from.part('watermark', WATERMARK)) watermark = Math.min(watermark, source.float64());
  return watermark === Number.POSITIVE_INFINITY ? MIN_TIMESTAMP : watermark;
}
