import { setTimeout as delay } from 'node:timers/promises';
import type { DoFnContext } from '../../sdk/model/index.js';
import type { PartitionOffset } from './kafka-client.js';
import { kafkaError } from './kafka-errors.js';
import type { PartitionReader } from './partition-reader.js';

/** How long a commit is tried before it is left to the next one; a stop has ten seconds for all that it does. */
const PATIENCE_MS = 4_000;
const RETRY_MS = 200;
/** Trying again does not help, and going on without ever committing would be dishonest. */
const FATAL = new Set(['KAFKA_AUTHENTICATION', 'KAFKA_NOT_AUTHORIZED']);

interface Group {
  owns(reader: PartitionReader): boolean;
  commitNow(offsets: readonly PartitionOffset[]): Promise<void>;
}

/**
 * Commits for the partitions that are still owned. A commit that does not get through (brokers away, a rebalance) is not
 * an error: what was not committed is read again after a restart, and the next commit covers it.
 */
export class GroupCommits {
  private readonly pending = new Map<PartitionReader, number>();
  private late = false;

  constructor(
    private readonly group: Group,
    private readonly context: DoFnContext,
  ) {}

  /** Resolves when the offsets are committed, or have become somebody else's business, or when it takes too long. */
  async commit(offsets: ReadonlyMap<PartitionReader, number>): Promise<void> {
    for (const [reader, offset] of offsets) this.pending.set(reader, offset);
    const deadline = Date.now() + PATIENCE_MS;
    let problem: unknown;
    while (true) {
      for (const reader of this.pending.keys()) if (!this.group.owns(reader)) this.pending.delete(reader);
      const ready = [...this.pending].filter(([reader]) => reader.seated);
      if (ready.length > 0) problem = await this.attempt(ready);
      if (this.pending.size === 0) {
        this.late = false;
        return;
      }
      if (Date.now() >= deadline || this.context.signal.aborted) return this.postpone(problem);
      await delay(RETRY_MS);
    }
  }

  private async attempt(ready: readonly (readonly [PartitionReader, number])[]): Promise<unknown> {
    try {
      await this.group.commitNow(
        ready.map(([{ topic, partition }, offset]): PartitionOffset => ({ topic, partition, offset })),
      );
    } catch (error) {
      if (FATAL.has(kafkaError(error, { brokers: [] }).code)) throw error;
      return error;
    }
    for (const [reader, offset] of ready) {
      reader.committed = offset;
      if (this.pending.get(reader) === offset) this.pending.delete(reader);
    }
    return undefined;
  }

  private postpone(problem: unknown): void {
    if (this.late) return;
    this.late = true;
    const why = problem === undefined ? 'not connected' : kafkaError(problem, { brokers: [] }).summary;
    this.context.log('warn', `Kafka: offsets could not be committed yet (${why}); the next commit will cover them`);
  }
}
