import type { DoFnContext, SourceContext, Timestamp } from '../../sdk/model/index.js';
import { BufferRoom } from './buffer-room.js';
import { GroupCommits } from './group-commits.js';
import type {
  ConsumerListener,
  KafkaAdmin,
  KafkaClient,
  KafkaConsumer,
  PartitionOffset,
  PartitionRange,
  RecordBatch,
  TopicPartition,
} from './kafka-client.js';
import { partitionKey } from './kafka-client.js';
import { kafkaError, mayRecover, outOfGroup } from './kafka-errors.js';
import type { KafkaRestriction } from './kafka-restriction.js';
import { PartitionReader } from './partition-reader.js';
import { seatPartitions } from './seat-partitions.js';
import type { StartFrom } from './start-from.js';
import { StartPositions } from './start-positions.js';

export interface GroupMemberOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly startFrom: StartFrom;
  readonly readCommitted: boolean;
  readonly sessionTimeoutMs: number;
  readonly maxBufferedBytes: number;
  readonly initialWatermark: Timestamp;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5_000;

/**
 * The one member of the consumer group in this process. It keeps the partitions that the group has given to it, as
 * {@link PartitionReader}s, fills them, survives brokers that go away, and commits for them. `changed` is called when
 * there may be something new for the reader to do.
 */
export class GroupMember implements ConsumerListener {
  readonly log: DoFnContext['log'];
  /** Every partition of the assignment. */
  readonly partitions = new Map<string, PartitionReader>();
  /** Set when reading cannot go on; whoever reads throws it. */
  failure: Error | undefined;
  /** True once the group has given its first assignment. */
  assignedOnce = false;
  private readonly commits: GroupCommits;
  private consumer: KafkaConsumer | undefined;
  private member = '';
  /** Counts assignments and losses: work that was begun under an earlier one is given up. */
  private generation = 0;
  private retryMs = FIRST_RETRY_MS;
  /** When trying again began; undefined while all is well. */
  private failingSince: number | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private readonly room: BufferRoom;
  private stopping: Promise<void> | undefined;

  private constructor(
    private readonly client: KafkaClient,
    readonly admin: KafkaAdmin,
    private readonly starts: StartPositions,
    private readonly options: GroupMemberOptions,
    private readonly restriction: KafkaRestriction,
    private readonly context: SourceContext,
    private readonly changed: () => void,
  ) {
    this.log = (level, message, fields) => context.log(level, message, fields);
    this.commits = new GroupCommits(this, context);
    this.room = new BufferRoom(options.maxBufferedBytes);
  }

  /** Rejects within seconds when the brokers cannot be reached or a topic is unknown; joining goes on in the background. */
  static async join(
    client: KafkaClient,
    options: GroupMemberOptions,
    restriction: KafkaRestriction,
    context: SourceContext,
    changed: () => void,
  ): Promise<GroupMember> {
    const admin = await client.connectAdmin();
    try {
      const starts = await StartPositions.settle(admin, options.startFrom, options.groupId, options.topics);
      const member = new GroupMember(client, admin, starts, options, restriction, context, changed);
      member.consume();
      return member;
    } catch (error) {
      // What failed first is what is reported; that closing fails too is only logged.
      await admin
        .close()
        .catch((second: unknown) => context.log('warn', `Kafka: closing failed too: ${String(second)}`));
      throw error;
    }
  }

  private consume(): void {
    // After a kill the group waits for the session of the dead member to end: it is good to know what is waited for.
    this.log('info', `Kafka: joining the group "${this.options.groupId}"`);
    this.consumer = this.client.createConsumer(
      {
        groupId: this.options.groupId,
        topics: this.options.topics,
        sessionTimeoutMs: this.options.sessionTimeoutMs,
        heartbeatIntervalMs: Math.floor(this.options.sessionTimeoutMs / 4),
        rebalanceTimeoutMs: 2 * this.options.sessionTimeoutMs,
        readCommitted: this.options.readCommitted,
        partitionCount: (topic) => this.admin.partitionCount(topic),
      },
      this,
    );
    this.consumer.start();
  }

  assigned(list: readonly TopicPartition[], member: string): void {
    const stayed = member === this.member;
    this.member = member;
    this.assignedOnce = true;
    this.retryMs = FIRST_RETRY_MS;
    const generation = ++this.generation;
    const before = new Map(this.partitions);
    this.partitions.clear();
    const unseated: PartitionReader[] = [];
    for (const one of list) {
      const key = partitionKey(one);
      const reader = before.get(key) ?? this.newReader(one);
      before.delete(key);
      this.partitions.set(key, reader);
      if (stayed && reader.seated) this.consumer?.seek({ ...one, offset: reader.fetchedTo });
      else unseated.push(reader);
    }
    for (const lost of before.values()) this.drop(lost);
    const names = [...this.partitions.keys()].sort();
    this.log('info', `Kafka assigned ${names.length} partition(s) to this process`, { partitions: names });
    this.seat(unseated, generation);
    this.changed();
  }

  /** Fetching for these partitions waits until it is settled, and where needed committed, where they are read from. */
  private seat(readers: readonly PartitionReader[], generation: number): void {
    if (readers.length === 0) return;
    for (const reader of readers) reader.seated = false;
    this.consumer?.pause(readers);
    const attempt = async (): Promise<void> => {
      const { groupId, topics } = this.options;
      const resumed = this.restriction.positions;
      const current = () => generation === this.generation && this.stopping === undefined;
      const seats = await seatPartitions(this, readers, { groupId, topics, starts: this.starts, resumed, current });
      if (!current()) return;
      for (const { reader, offset, committed, renewed } of seats) {
        const seated = renewed ? this.renew(reader) : reader;
        seated.seat(offset, committed, this.context.now());
        this.consumer?.seek({ topic: reader.topic, partition: reader.partition, offset: seated.fetchedTo });
      }
      this.consumer?.resume(readers);
      this.failingSince = undefined;
      this.changed();
    };
    attempt().catch((error) => this.retryLater(error, generation, () => this.seat(readers, generation)));
  }

  batch(batch: RecordBatch): Promise<void> | undefined {
    const reader = this.partitions.get(partitionKey(batch));
    if (reader?.seated !== true) return undefined;
    if (batch.fetchedOffset !== reader.fetchedTo) {
      // Not from where it should: records were deleted before they were read, the topic was made anew, or it is an old answer.
      this.seat([reader], this.generation);
      return undefined;
    }
    const before = reader.bytes;
    reader.append(batch, this.context.now());
    const room = this.room.take(reader.bytes - before);
    if (reader.reachedEnd) this.consumer?.pause([reader]);
    this.changed();
    return room;
  }

  /**
   * What the brokers answered when they were asked, at `askedAt`, where a partition ends that had been fetched up to
   * `fetchedTo`. It never ends before that, unless it was made anew.
   */
  sawEnd(range: PartitionRange, fetchedTo: number, askedAt: number): void {
    const reader = this.partitions.get(partitionKey(range));
    if (reader === undefined) return;
    if (reader.seated && range.high < fetchedTo) this.seat([reader], this.generation);
    else reader.sawEnd(range.high, askedAt);
  }

  skipped(partition: TopicPartition, from: number, to: number): void {
    const reader = this.partitions.get(partitionKey(partition));
    if (reader?.seated !== true) return;
    if (from <= reader.fetchedTo || reader.doubted === to) {
      reader.skipTo(to);
      this.changed();
      return;
    }
    // It may answer a fetch of before a rebalance; asked again from here, the same answer is the truth.
    reader.doubted = to;
    this.consumer?.seek({ topic: reader.topic, partition: reader.partition, offset: reader.fetchedTo });
  }

  lost(error: Error): void {
    this.generation++;
    this.consumer = undefined;
    this.member = '';
    // What is buffered stays: when nobody else has committed meanwhile, reading goes on where it was.
    for (const reader of this.partitions.values()) reader.seated = false;
    this.room.open();
    this.retryLater(error, this.generation, () => this.consume());
    this.changed();
  }

  /** Tries again with a growing delay, or ends with the error when that cannot help. */
  private retryLater(error: unknown, generation: number, again: () => void): void {
    if (this.stopping !== undefined || generation !== this.generation) return;
    const { groupId, topics } = this.options;
    const problem = kafkaError(error, { brokers: [], at: `group ${groupId}`, topic: topics.join(', ') });
    this.failingSince ??= this.context.now();
    if (!mayRecover(problem, this.context.now() - this.failingSince)) {
      this.failure = problem;
      this.changed();
      return;
    }
    const delayMs = this.retryMs;
    this.retryMs = Math.min(2 * delayMs, LAST_RETRY_MS);
    this.log('warn', `Kafka: ${problem.summary}; trying again in ${delayMs / 1_000} s`, { code: problem.code });
    this.retryTimer = setTimeout(() => {
      if (this.stopping === undefined && generation === this.generation) again();
    }, delayMs);
  }

  get bufferedBytes(): number {
    return this.room.bytes;
  }

  /** Records were handed out: what was held back may be fetched. */
  released(bytes: number): void {
    this.room.free(bytes);
  }

  /** Commits as much as this process still owns; see {@link GroupCommits}. */
  commit(offsets: ReadonlyMap<PartitionReader, number>): Promise<void> {
    return this.commits.commit(offsets);
  }

  commitNow(offsets: readonly PartitionOffset[]): Promise<void> {
    if (this.consumer === undefined) return Promise.reject(outOfGroup());
    return this.consumer.commit(offsets);
  }

  owns(reader: PartitionReader): boolean {
    return this.partitions.get(reader.key) === reader;
  }

  /** Fetches no more, but stays in the group to commit. */
  hush(): void {
    this.room.open();
    this.consumer?.pause([...this.partitions.values()]);
  }

  /** Leaves the group. What was not committed is read again by whoever comes next. */
  stop(): Promise<void> {
    this.stopping ??= (async () => {
      clearTimeout(this.retryTimer);
      this.room.open();
      await this.consumer?.stop();
      await this.admin.close().catch((error: unknown) => this.log('warn', `Kafka: closing failed: ${String(error)}`));
    })();
    return this.stopping;
  }

  private newReader(of: TopicPartition): PartitionReader {
    const end = this.restriction.ends?.find((one) => partitionKey(one) === partitionKey(of));
    const stopAt = this.restriction.ends === null ? undefined : (end?.offset ?? 0);
    return new PartitionReader(of, this.options.initialWatermark, stopAt, this.context.now());
  }

  /** Somebody else has read on in the partition: what this process knew of it is void. */
  private renew(reader: PartitionReader): PartitionReader {
    this.drop(reader);
    const renewed = this.newReader(reader);
    this.partitions.set(reader.key, renewed);
    return renewed;
  }

  private drop(reader: PartitionReader): void {
    this.released(reader.bytes);
    reader.drop();
  }
}
