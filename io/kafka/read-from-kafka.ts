import { MillraceError, type PCollection, type Pipeline, type PTransform, type Timestamp } from '../../sdk/index.js';
import { brokerList, type KafkaConnection } from './connection.js';
import type { Decoded, KafkaFormat, KafkaRecord } from './kafka-record.js';
import { KafkaSource, type KafkaSubscription } from './kafka-source.js';
import type { StartFrom } from './start-positions.js';

export interface ReadFromKafkaOptions<K extends KafkaFormat = KafkaFormat, V extends KafkaFormat = KafkaFormat>
  extends KafkaConnection {
  /** One topic or several. */
  readonly topic: string | readonly string[];
  /** The consumer group; a name made from those of the pipeline and the step when absent, so that a restart goes on. */
  readonly groupId?: string | undefined;
  /** Where a group without commits starts: at the `latest` when absent. Where it has commits, it goes on there. */
  readonly startFrom?: StartFrom | undefined;
  /** Ends after exactly so many records. */
  readonly maxRecords?: number | undefined;
  /** `latest`: ends where the partitions ended when the run began. */
  readonly until?: 'latest' | undefined;
  /** How keys are decoded; UTF-8 text when absent. */
  readonly keyFormat?: K;
  /** How values are decoded; UTF-8 text when absent. */
  readonly valueFormat?: V;
  /** The event time of a record, in milliseconds; the record's own timestamp when absent. */
  readonly timestamp?: 'record' | ((record: KafkaRecord<Decoded<K>, Decoded<V>>) => Timestamp);
  /** How far behind the newest record of its partition a record may be without being late; 0 when absent. */
  readonly maxOutOfOrderMs?: number;
  /** A partition without records for so long does not hold time back any more; 5 s when absent. */
  readonly idleMs?: number;
  /** How long the group waits for a member that died before it gives its partitions to others; 6 s when absent. */
  readonly sessionTimeoutMs?: number;
  /** Bytes that are fetched ahead, about; 16 MiB when absent. */
  readonly maxBufferedBytes?: number;
  /** `read_uncommitted` shows records of open and aborted transactions too. */
  readonly isolation?: 'read_committed' | 'read_uncommitted';
}

/**
 * Reads topics as a member of a consumer group. Offsets are committed when everything that came of their records is
 * acknowledged, so that nothing is lost at a crash; what was on its way then is read again.
 *
 * Unknown topics (KAFKA_UNKNOWN_TOPIC), brokers that cannot be reached (KAFKA_UNREACHABLE) and refused credentials
 * (KAFKA_AUTHENTICATION) end the pipeline when it starts. Brokers that go away later are waited for.
 */
export function readFromKafka<const K extends KafkaFormat, const V extends KafkaFormat>(
  options: ReadFromKafkaOptions<K, V>,
): PTransform<Pipeline, PCollection<KafkaRecord<Decoded<K>, Decoded<V>>>> {
  const subscription = subscriptionOf(options);
  const { timestamp = 'record' } = options;
  const source = () =>
    new KafkaSource({
      connection: options,
      bounded: subscription.maxRecords !== null || subscription.untilLatest,
      keyFormat: options.keyFormat ?? 'string',
      valueFormat: options.valueFormat ?? 'string',
      timestampOf: timestamp === 'record' ? (record) => record.timestamp : (timestamp as TimestampFn),
      maxOutOfOrderMs: options.maxOutOfOrderMs ?? 0,
      idleMs: options.idleMs ?? 5_000,
      sessionTimeoutMs: options.sessionTimeoutMs ?? 6_000,
      maxBufferedBytes: options.maxBufferedBytes ?? 16 << 20,
      readCommitted: options.isolation !== 'read_uncommitted',
    });
  return {
    name: 'ReadFromKafka',
    expand: (pipeline) =>
      // The formats decide the types, which the source itself does not know.
      pipeline.read('Read', source, subscription) as unknown as PCollection<KafkaRecord<Decoded<K>, Decoded<V>>>,
  };
}

type TimestampFn = (record: KafkaRecord<unknown, unknown>) => Timestamp;

function subscriptionOf(options: Omit<ReadFromKafkaOptions, 'timestamp'>): KafkaSubscription {
  brokerList(options.bootstrapServers);
  const topics = typeof options.topic === 'string' ? [options.topic] : [...new Set(options.topic)];
  const wrong = topics.find((topic) => !/^[\w.-]{1,249}$/.test(topic));
  if (topics.length === 0 || wrong !== undefined)
    throw wrongOption(
      wrong === undefined ? 'topic: expected at least one' : `topic: "${wrong}" cannot be a topic's name`,
    );
  const { maxRecords, startFrom = 'latest' } = options;
  if (maxRecords !== undefined && !(Number.isSafeInteger(maxRecords) && maxRecords > 0))
    throw wrongOption(`maxRecords: expected a positive whole number, got ${maxRecords}`);
  if (typeof startFrom === 'object' && !Number.isSafeInteger(startFrom.timestamp))
    throw wrongOption(`startFrom: expected a timestamp in whole milliseconds, got ${startFrom.timestamp}`);
  return {
    topics,
    groupId: options.groupId ?? null,
    startFrom,
    maxRecords: maxRecords ?? null,
    untilLatest: options.until === 'latest',
  };
}

function wrongOption(summary: string): MillraceError {
  return new MillraceError('KAFKA_OPTIONS', 'options', summary);
}
