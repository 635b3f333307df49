import { valueCoder } from '../../sdk/coders/index.js';
import type { RestrictionTracker } from '../../sdk/model/index.js';
import { type PartitionOffset, partitionKey } from './kafka-client.js';

/**
 * What is to be read of a subscription. Which partitions that means is not in it: the consumer group decides, while it
 * is being read.
 */
export interface KafkaRestriction {
  /** How many records may still be read; null when there is no end. */
  readonly remaining: number | null;
  /** Where work that was split off goes on. Elsewhere the group's commits say it. */
  readonly positions: readonly PartitionOffset[];
  /** Where each partition ends for this run; null when they have no end. */
  readonly ends: readonly PartitionOffset[] | null;
}

/** A step of the work: `count` records of a partition, after which it stands at `next`. */
export interface KafkaPosition {
  /** {@link partitionKey} of the partition. */
  readonly partition: string;
  readonly count: number;
  readonly next: number;
}

export const kafkaRestrictionCoder = valueCoder<KafkaRestriction>();

/** Counts the records that were claimed, and remembers where each partition stands, so that the rest can be split off. */
export class KafkaTracker implements RestrictionTracker<KafkaRestriction, KafkaPosition> {
  private claimed = 0;
  private limit: number;
  private readonly next: Map<string, PartitionOffset>;

  constructor(private readonly restriction: KafkaRestriction) {
    this.limit = restriction.remaining ?? Number.POSITIVE_INFINITY;
    this.next = new Map(restriction.positions.map((at) => [partitionKey(at), at]));
  }

  /** All or nothing. */
  tryClaim(position: KafkaPosition): boolean {
    if (this.claimed + position.count > this.limit) return false;
    this.take(position);
    return true;
  }

  /** Answers with the count that may be read. */
  tryClaimUpTo(position: KafkaPosition): KafkaPosition | undefined {
    const free = this.limit - this.claimed;
    if (free <= 0) return undefined;
    const granted = position.count <= free ? position : { ...position, count: free };
    this.take(granted);
    return granted;
  }

  private take(position: KafkaPosition): void {
    this.claimed += position.count;
    const slash = position.partition.lastIndexOf('/');
    this.next.set(position.partition, {
      topic: position.partition.slice(0, slash),
      partition: Number(position.partition.slice(slash + 1)),
      offset: position.next,
    });
  }

  trySplit(fractionOfRemainder: number): KafkaRestriction | undefined {
    // How much an endless subscription still holds is not known, so every cut but the one at the end is made here and now.
    if (fractionOfRemainder >= 1 || this.claimed >= this.limit) return undefined;
    const left = this.limit - this.claimed;
    const kept = Number.isFinite(left) ? Math.ceil(left * fractionOfRemainder) : 0;
    if (kept >= left) return undefined;
    this.limit = this.claimed + kept;
    return {
      remaining: this.restriction.remaining === null ? null : left - kept,
      // Offsets that the primary will still read are not known yet; the group's commits tell them.
      positions: kept === 0 ? [...this.next.values()] : [],
      ends: this.restriction.ends,
    };
  }

  remainder(): KafkaRestriction | undefined {
    const left = this.limit - this.claimed;
    if (left <= 0) return undefined;
    const remaining = this.restriction.remaining === null ? null : left;
    return { remaining, positions: [...this.next.values()], ends: this.restriction.ends };
  }

  currentRestriction(): KafkaRestriction {
    return { ...this.restriction, remaining: Number.isFinite(this.limit) ? this.limit : null };
  }

  progress(): { completed: number; remaining: number } {
    return { completed: this.claimed, remaining: Number.isFinite(this.limit) ? this.limit - this.claimed : 1 };
  }

  /** Nothing to check: that a subscription is read to its end is for the brokers to say, and the limit bounds claims only. */
  checkDone(): void {}
}
