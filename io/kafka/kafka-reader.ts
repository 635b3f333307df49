import type {
  PollResult,
  RestrictionTracker,
  SourceContext,
  SourceOutput,
  SourceReader,
  Timestamp,
} from '../../sdk/model/index.js';
import type { DeadLetters } from './dead-letters.js';
import type { GroupMember } from './group-member.js';
import { partitionKey } from './kafka-client.js';
import { type DecodeRecord, isPoison, type KafkaRecord } from './kafka-record.js';
import type { KafkaPosition, KafkaRestriction } from './kafka-restriction.js';
import type { Emission, PartitionReader } from './partition-reader.js';

type AnyRecord = KafkaRecord<unknown, unknown>;

export interface KafkaReaderOptions {
  readonly topics: readonly string[];
  readonly decode: DecodeRecord;
  readonly timestampOf: (record: AnyRecord) => Timestamp;
  readonly maxOutOfOrderMs: number;
  /** After so long without records a partition does not hold time back any more. */
  readonly idleMs: number;
  /** Reading ends where the partitions ended when the run began. */
  readonly hasEnds: boolean;
  /** Takes the records that cannot be read; they end the reading when absent. */
  readonly deadLetters?: DeadLetters | undefined;
}

/** One poll hands out about so much at most: batches of large records are small ones. */
const MAX_POLL_BYTES = 1 << 20;

/** Hands out what the group member has fetched, the partitions in turn. */
export class KafkaReader implements SourceReader<AnyRecord> {
  private turn = 0;
  private reached: Timestamp;
  /** The watermark that the runner knows. */
  private told: Timestamp;
  private wakeUp: { readonly promise: Promise<void>; readonly wake: () => void } | undefined;
  private wasIdle = false;
  private observer: NodeJS.Timeout | undefined;
  private outstanding = 0;
  private closed = false;

  constructor(
    private readonly group: GroupMember,
    private readonly tracker: RestrictionTracker<KafkaRestriction, KafkaPosition>,
    private readonly options: KafkaReaderOptions,
    private readonly context: SourceContext,
  ) {
    this.reached = context.initialWatermark;
    this.told = this.reached;
    this.observe();
  }

  /** Called when there may be something new: records, an assignment, a failure, idleness. */
  wake(): void {
    this.wakeUp?.wake();
    this.wakeUp = undefined;
  }

  poll(out: SourceOutput<AnyRecord>, budget: number): PollResult {
    const { deadLetters } = this.options;
    if (this.group.failure !== undefined) throw this.group.failure;
    if (deadLetters?.full === true) return { kind: 'wakeWhen', promise: deadLetters.flush() };
    const partitions = [...this.group.partitions.values()];
    const emission = this.emission(out);
    const left = { records: budget, bytes: MAX_POLL_BYTES };
    let empty = 0;
    while (left.records > 0 && left.bytes > 0 && empty < partitions.length) {
      const partition = partitions[this.turn++ % partitions.length]!;
      const count = this.emitFrom(partition, left, emission);
      if (count === undefined) return 'done';
      empty = count === 0 ? empty + 1 : 0;
    }
    if (left.records <= 0 || left.bytes <= 0) return 'more';
    if (this.options.hasEnds && this.group.assignedOnce && partitions.every((one) => one.finished)) return 'done';
    if (this.tracker.progress().remaining === 0) return 'done';
    return { kind: 'wakeWhen', promise: this.sleep() };
  }

  private emission(out: SourceOutput<AnyRecord>): Emission {
    const { decode, timestampOf, maxOutOfOrderMs, deadLetters } = this.options;
    return {
      out,
      decode,
      timestampOf,
      outOfOrderMs: maxOutOfOrderMs,
      refuse: (at, offset, message, error) => {
        if (deadLetters === undefined || !isPoison(error)) throw error;
        deadLetters.add(at, offset, message, error);
      },
      now: this.context.now(),
    };
  }

  /** One run of records of one partition; undefined when nothing more may be claimed. */
  private emitFrom(
    partition: PartitionReader,
    left: { records: number; bytes: number },
    emission: Emission,
  ): number | undefined {
    if (!partition.seated || !partition.hasRecords) return 0;
    const { count, next, bytes } = partition.peek(left.records, left.bytes);
    const wanted: KafkaPosition = { partition: partition.key, count, next };
    const granted = this.claim(wanted);
    if (granted === undefined) return undefined;
    const before = partition.bytes;
    partition.emit(granted.count, emission);
    this.group.released(before - partition.bytes);
    left.records -= granted.count;
    left.bytes -= bytes;
    return granted.count;
  }

  private claim(wanted: KafkaPosition): KafkaPosition | undefined {
    if (this.tracker.tryClaimUpTo !== undefined) return this.tracker.tryClaimUpTo(wanted);
    return this.tracker.tryClaim(wanted) ? wanted : undefined;
  }

  private sleep(): Promise<void> {
    if (this.wakeUp === undefined) {
      let wake = () => {};
      const promise = new Promise<void>((resolve) => {
        wake = resolve;
      });
      this.wakeUp = { promise, wake };
    }
    return this.wakeUp.promise;
  }

  watermark(): Timestamp {
    this.told = this.advance();
    return this.told;
  }

  /** The least of the partitions that have data or may have; where all are idle, none holds back the greatest. */
  private advance(): Timestamp {
    const now = this.context.now();
    let least = Number.POSITIVE_INFINITY;
    let greatest = this.reached;
    for (const partition of this.group.partitions.values()) {
      if (partition.watermark > greatest) greatest = partition.watermark;
      if (partition.watermark < least && !partition.idle(now, this.options.idleMs)) least = partition.watermark;
    }
    const reached = least === Number.POSITIVE_INFINITY ? greatest : least;
    if (reached > this.reached) this.reached = reached;
    return this.reached;
  }

  isIdle(): boolean {
    // A runner does not ask the idle for their watermark: it has the last one first.
    if (this.advance() > this.told) return false;
    const now = this.context.now();
    for (const partition of this.group.partitions.values()) if (!partition.idle(now, this.options.idleMs)) return false;
    return this.group.assignedOnce;
  }

  /** What has been handed out so far is committed when it is acknowledged. */
  checkpoint(): (() => Promise<void>) | undefined {
    const offsets = new Map<PartitionReader, number>();
    for (const partition of this.group.partitions.values()) {
      if (partition.position < 0 || partition.position === partition.checkpointed) continue;
      partition.checkpointed = partition.position;
      offsets.set(partition, partition.position);
    }
    if (offsets.size === 0) return undefined;
    this.outstanding++;
    return async () => {
      try {
        await this.options.deadLetters?.flush();
        await this.group.commit(offsets);
      } finally {
        this.outstanding--;
        await this.leaveIfOver();
      }
    };
  }

  lag(): number | undefined {
    let lag = 0;
    for (const partition of this.group.partitions.values()) {
      const behind = partition.lag;
      if (behind === undefined) return undefined;
      lag += behind;
    }
    return this.group.assignedOnce ? lag : undefined;
  }

  /** The group is left when nothing is to be committed any more. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.observer);
    this.wake();
    this.group.hush();
    await this.leaveIfOver();
  }

  private async leaveIfOver(): Promise<void> {
    if (!this.closed || this.outstanding > 0) return;
    await this.group.stop();
    await this.options.deadLetters?.close();
  }

  /**
   * Asks from time to time where the partitions end: for the lag, and because a partition may count as idle only when the
   * brokers say that it has no more.
   */
  private observe(): void {
    const everyMs = Math.min(1_000, Math.max(100, this.options.idleMs / 2));
    const look = async (): Promise<void> => {
      const askedAt = this.context.now();
      const fetched = new Map([...this.group.partitions].map(([key, { fetchedTo }]) => [key, fetchedTo]));
      try {
        for (const range of await this.group.admin.ranges(this.options.topics))
          this.group.sawEnd(range, fetched.get(partitionKey(range)) ?? 0, askedAt);
      } catch {
        // No answer is no news: nothing becomes idle, and the consumer reports what is wrong with the brokers.
      }
      const idle = this.isIdle();
      if (idle !== this.wasIdle || this.advance() > this.told) this.wake();
      this.wasIdle = idle;
    };
    const next = (): void => {
      this.observer = setTimeout(() => look().finally(() => (this.closed ? undefined : next())), everyMs);
      this.observer.unref();
    };
    next();
  }
}
