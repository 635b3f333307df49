import type { SourceOutput, Timestamp } from '../../sdk/model/index.js';
import { partitionKey, type RawMessage, type RecordBatch, type TopicPartition } from './kafka-client.js';
import type { DecodeRecord, KafkaRecord } from './kafka-record.js';

interface Chunk {
  readonly messages: readonly RawMessage[];
  /** The offset of the first, where the others follow without gaps: offsets come as text, and reading each costs. */
  readonly first: number | undefined;
  /** Where the partition stands when all of them are read. */
  readonly next: number;
  readonly bytes: number;
}

/** What happens to records that are handed out. */
export interface Emission {
  readonly out: SourceOutput<KafkaRecord<unknown, unknown>>;
  readonly decode: DecodeRecord;
  readonly timestampOf: (record: KafkaRecord<unknown, unknown>) => Timestamp;
  readonly outOfOrderMs: number;
  /** Takes a record that `decode` or `timestampOf` refused; throws where that must not be. */
  readonly refuse: (at: TopicPartition, offset: number, message: RawMessage, error: unknown) => void;
  readonly now: number;
}

/** What a record costs in memory beside its bytes. */
const RECORD_OVERHEAD_BYTES = 200;

/**
 * One partition while this process owns it: the records that were fetched and not handed out yet, where it stands, and its
 * own watermark. Losing the partition ends this object; having it again is a new one.
 */
export class PartitionReader implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  /** False until it is settled where to read from, and while the connection to the group is lost. */
  seated = false;
  /** The next offset to hand out; -1 before the first seat. */
  position = -1;
  /** The next offset to fetch. */
  fetchedTo = -1;
  /** What the group has committed, as far as this process knows. */
  committed = -1;
  /** The position that the last checkpoint took along. */
  checkpointed = -1;
  /** The end of the partition when it was last seen. */
  end: number | undefined;
  /** Where a fetch claimed to go on that may have been out of date; see {@link GroupMember.skipped}. */
  doubted: number | undefined;
  /** Bytes held. */
  bytes = 0;
  watermark: Timestamp;
  private caughtUpAt: number | undefined;
  private lastActive: number;
  private chunks: Chunk[] = [];
  /** Index of the next message in the first chunk. */
  private at = 0;

  constructor(
    of: TopicPartition,
    initialWatermark: Timestamp,
    /** Records from here on are not read. */
    private readonly stopAt: number | undefined,
    now: number,
  ) {
    this.topic = of.topic;
    this.partition = of.partition;
    this.key = partitionKey(of);
    this.watermark = initialWatermark;
    this.lastActive = now;
  }

  /** Reads on from `offset`; what is held already comes first. */
  seat(offset: number, committed: number, now: number): void {
    if (this.position < 0) {
      this.position = offset;
      this.fetchedTo = offset;
      this.checkpointed = committed;
    }
    this.skipTo(offset);
    this.committed = committed;
    this.seated = true;
    this.lastActive = now;
  }

  get finished(): boolean {
    return this.stopAt !== undefined && this.seated && this.position >= this.stopAt;
  }

  /** All that is wanted was fetched. */
  get reachedEnd(): boolean {
    return this.stopAt !== undefined && this.fetchedTo >= this.stopAt;
  }

  get hasRecords(): boolean {
    return this.chunks.length > 0;
  }

  /** Keeps what is new in the batch. */
  append(batch: RecordBatch, now: number): void {
    this.end = batch.highWatermark;
    if (batch.nextOffset <= this.fetchedTo) return;
    const messages = within(batch.messages, this.fetchedTo, this.stopAt ?? Number.POSITIVE_INFINITY);
    this.lastActive = now;
    this.fetchedTo = batch.nextOffset;
    if (messages.length === 0) {
      this.skipTo(batch.nextOffset);
      return;
    }
    const first = Number(messages[0]!.offset);
    const gapless = Number(messages.at(-1)!.offset) - first === messages.length - 1;
    const bytes = sizeOf(messages);
    this.chunks.push({ messages, first: gapless ? first : undefined, next: batch.nextOffset, bytes });
    this.bytes += bytes;
  }

  /** There is nothing to read before this offset. */
  skipTo(offset: number): void {
    this.fetchedTo = Math.max(this.fetchedTo, offset);
    const last = this.chunks.at(-1);
    if (last === undefined) this.position = this.fetchedTo;
    else this.chunks[this.chunks.length - 1] = { ...last, next: this.fetchedTo };
  }

  /**
   * The number of records that can be emitted without looking further, of about so many bytes at most, and where the
   * partition stands after them.
   */
  peek(max: number, maxBytes: number): { count: number; next: number; bytes: number } {
    const chunk = this.chunks[0];
    if (chunk === undefined) return { count: 0, next: this.position, bytes: 0 };
    const each = chunk.bytes / chunk.messages.length;
    const count = Math.min(max, chunk.messages.length - this.at, Math.ceil(maxBytes / each));
    const whole = this.at + count === chunk.messages.length;
    return { count, next: whole ? chunk.next : offsetOf(chunk, this.at + count), bytes: count * each };
  }

  /** Emits `count` records, at most as many as {@link peek} answered. */
  emit(count: number, { out, decode, timestampOf, outOfOrderMs, refuse, now }: Emission): void {
    const chunk = this.chunks[0]!;
    const to = this.at + count;
    let newest = this.watermark + outOfOrderMs;
    for (let i = this.at; i < to; i++) {
      const message = chunk.messages[i]!;
      const offset = offsetOf(chunk, i);
      let record: KafkaRecord<unknown, unknown> | undefined;
      let timestamp = 0;
      try {
        record = decode(this, message, offset);
        timestamp = timestampOf(record);
      } catch (error) {
        record = undefined;
        refuse(this, offset, message, error);
      }
      if (record !== undefined) {
        if (timestamp > newest) newest = timestamp;
        out.emit(record, timestamp);
      }
      this.at = i + 1;
      this.position = offset + 1;
    }
    this.watermark = newest - outOfOrderMs;
    this.lastActive = now;
    if (to < chunk.messages.length) return;
    this.position = chunk.next;
    this.bytes -= chunk.bytes;
    this.chunks.shift();
    this.at = 0;
  }

  /** Notes what the brokers said of the partition's end, asked at `askedAt`. */
  sawEnd(end: number, askedAt: number): void {
    this.end = end;
    this.caughtUpAt = end <= this.position ? askedAt : undefined;
  }

  /** Nothing to read for so long, and the brokers have confirmed since that there is nothing: an outage is not idleness. */
  idle(now: number, idleMs: number): boolean {
    if (!this.seated || this.hasRecords) return false;
    if (this.stopAt !== undefined && this.position >= this.stopAt) return true;
    return this.caughtUpAt !== undefined && this.caughtUpAt >= this.lastActive && now - this.lastActive >= idleMs;
  }

  /** Records between here and the end, where that is known. */
  get lag(): number | undefined {
    const end = this.stopAt ?? this.end;
    return end === undefined || this.position < 0 ? undefined : Math.max(0, end - this.position);
  }

  drop(): void {
    this.seated = false;
    this.chunks = [];
    this.at = 0;
    this.bytes = 0;
  }
}

function offsetOf(chunk: Chunk, index: number): number {
  return chunk.first === undefined ? Number(chunk.messages[index]!.offset) : chunk.first + index;
}

/** The messages whose offsets are at or after `from` and before `to`. */
function within(messages: readonly RawMessage[], from: number, to: number): readonly RawMessage[] {
  const last = messages.at(-1);
  if (last === undefined || (Number(messages[0]!.offset) >= from && Number(last.offset) < to)) return messages;
  return messages.filter(({ offset }) => Number(offset) >= from && Number(offset) < to);
}

function sizeOf(messages: readonly RawMessage[]): number {
  let bytes = 0;
  for (const { key, value } of messages) bytes += RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  return bytes;
}
