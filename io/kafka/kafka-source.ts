import type {
  DoFnContext,
  RestrictionTracker,
  SourceContext,
  SourceReader,
  SplittableDoFn,
  Timestamp,
} from '../../sdk/model/index.js';
import type { KafkaConnection } from './connection.js';
import { DeadLetters } from './dead-letters.js';
import { GroupMember } from './group-member.js';
import type { ConnectKafka, KafkaClient } from './kafka-client.js';
import { KafkaReader } from './kafka-reader.js';
import { type KafkaFormat, type KafkaRecord, recordDecoder } from './kafka-record.js';
import { type KafkaPosition, type KafkaRestriction, KafkaTracker, kafkaRestrictionCoder } from './kafka-restriction.js';
import { kafkajsClient } from './kafkajs-client.js';
import type { StartFrom } from './start-from.js';

type AnyRecord = KafkaRecord<unknown, unknown>;

/** The element of a Kafka source: what is read. How it is reached and decoded belongs to the function. */
export interface KafkaSubscription {
  readonly topics: readonly string[];
  /** null: a name made from those of the job and the step, so that it is the same in every run. */
  readonly groupId: string | null;
  readonly startFrom: StartFrom;
  readonly maxRecords: number | null;
  readonly untilLatest: boolean;
}

export interface KafkaSourceOptions {
  readonly connection: KafkaConnection;
  readonly bounded: boolean;
  readonly keyFormat: KafkaFormat;
  readonly valueFormat: KafkaFormat;
  readonly timestampOf: (record: AnyRecord) => Timestamp;
  readonly maxOutOfOrderMs: number;
  readonly idleMs: number;
  readonly sessionTimeoutMs: number;
  readonly maxBufferedBytes: number;
  readonly readCommitted: boolean;
  /** Where records go that cannot be read; they end the reading when absent. */
  readonly deadLetterTopic?: string | undefined;
}

/**
 * Reads topics as one member of a consumer group. The restriction is the whole subscription: which partitions that means in
 * this process is decided by the group while it is read.
 */
export class KafkaSource implements SplittableDoFn<KafkaSubscription, AnyRecord, KafkaRestriction, KafkaPosition> {
  readonly isBounded: boolean;
  readonly restrictionCoder = kafkaRestrictionCoder;
  readonly requestsFinalization = true;
  /** A member that leaves its group after every slice would keep the others from reading. */
  readonly readersStayOpen = true;
  private client: KafkaClient | undefined;
  private readonly members = new Set<GroupMember>();
  private readonly deadLetters = new Set<DeadLetters>();

  constructor(
    private readonly options: KafkaSourceOptions,
    private readonly connect: ConnectKafka = kafkajsClient,
  ) {
    this.isBounded = options.bounded;
  }

  setup(context: DoFnContext): void {
    this.client = this.connect(this.options.connection, (level, message, fields) =>
      context.log(level, message, fields),
    );
  }

  /** Bytes that were fetched and not handed out yet. */
  get bufferedBytes(): number {
    let bytes = 0;
    for (const member of this.members) bytes += member.bufferedBytes;
    return bytes;
  }

  async teardown(): Promise<void> {
    await Promise.all([...this.members].map((member) => member.stop()));
    await Promise.all([...this.deadLetters].map((letters) => letters.close()));
    this.members.clear();
    this.deadLetters.clear();
  }

  async initialRestriction(subscription: KafkaSubscription): Promise<KafkaRestriction> {
    const remaining = subscription.maxRecords;
    if (!subscription.untilLatest) return { remaining, positions: [], ends: null };
    const admin = await this.connected().connectAdmin();
    try {
      const ranges = await admin.ranges(subscription.topics);
      const ends = ranges.map(({ topic, partition, high }) => ({ topic, partition, offset: high }));
      return { remaining, positions: [], ends };
    } finally {
      await admin.close();
    }
  }

  newTracker(restriction: KafkaRestriction): KafkaTracker {
    return new KafkaTracker(restriction);
  }

  async open(
    subscription: KafkaSubscription,
    tracker: RestrictionTracker<KafkaRestriction, KafkaPosition>,
    context: SourceContext,
  ): Promise<SourceReader<AnyRecord>> {
    const { options } = this;
    const restriction = tracker.currentRestriction();
    const groupId = subscription.groupId ?? defaultGroupId(context);
    const deadLetters = await this.openDeadLetters(groupId, context);
    let reader: KafkaReader | undefined;
    const member = await GroupMember.join(
      this.connected(),
      {
        groupId,
        topics: subscription.topics,
        startFrom: subscription.startFrom,
        readCommitted: options.readCommitted,
        sessionTimeoutMs: options.sessionTimeoutMs,
        maxBufferedBytes: options.maxBufferedBytes,
        initialWatermark: context.initialWatermark,
      },
      restriction,
      context,
      () => reader?.wake(),
    );
    this.members.add(member);
    reader = new KafkaReader(
      member,
      tracker,
      {
        topics: subscription.topics,
        decode: recordDecoder(options.keyFormat, options.valueFormat),
        timestampOf: options.timestampOf,
        maxOutOfOrderMs: options.maxOutOfOrderMs,
        idleMs: options.idleMs,
        hasEnds: restriction.ends !== null,
        deadLetters,
      },
      context,
    );
    return reader;
  }

  private async openDeadLetters(groupId: string, context: SourceContext): Promise<DeadLetters | undefined> {
    const { deadLetterTopic } = this.options;
    if (deadLetterTopic === undefined) return undefined;
    const letters = await DeadLetters.open(this.connected(), deadLetterTopic, groupId, context);
    this.deadLetters.add(letters);
    return letters;
  }

  private connected(): KafkaClient {
    if (this.client === undefined) throw new Error('setup was not called');
    return this.client;
  }
}

/** The same in every run of the same job, so that a restart goes on where the last run was. */
export function defaultGroupId({ job, step }: Pick<SourceContext, 'job' | 'step'>): string {
  // The step that the author named, without the parts of which a read is made.
  const named = step.replace(/(\/Read)+$/, '');
  return `millrace.${job}.${named}`.replace(/[^\w.-]+/g, '.');
}
