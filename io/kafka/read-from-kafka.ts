import type { PCollection, Pipeline, PTransform, Timestamp } from '../../sdk/index.js';
import type { KafkaConnection } from './connection.js';
import { type Decoded, type KafkaFormat, type KafkaRecord, timestampReader } from './kafka-record.js';
import { KafkaSource } from './kafka-source.js';
import { checkReadOptions, subscriptionOf } from './read-options.js';
import type { StartFrom } from './start-from.js';

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
  /**
   * Takes the records that a format or `timestamp` throws on, with the bytes that they came with, and headers that say where
   * they were and what was wrong. The topic must be there. When absent such a record ends the pipeline.
   */
  readonly deadLetterTopic?: string | undefined;
  /** The event time of a record, in milliseconds; the record's own timestamp when absent. */
  readonly timestamp?: 'record' | ((record: KafkaRecord<Decoded<K>, Decoded<V>>) => Timestamp);
  /** How far behind the newest record of its partition a record may be without being late; 0 when absent. */
  readonly maxOutOfOrderMs?: number | undefined;
  /** A partition without records for so long does not hold time back any more; 5 s when absent. */
  readonly idleMs?: number | undefined;
  /** How long the group waits for a member that died before it gives its partitions to others; 6 s when absent. */
  readonly sessionTimeoutMs?: number | undefined;
  /** Bytes that are fetched ahead, about; 16 MiB when absent. */
  readonly maxBufferedBytes?: number | undefined;
  /** `read_uncommitted` shows records of open and aborted transactions too. */
  readonly isolation?: 'read_committed' | 'read_uncommitted' | undefined;
}

/**
 * Reads topics as a member of a consumer group. Offsets are committed when everything that came of their records is
 * acknowledged, so that nothing is lost at a crash; what was on its way then is read again. Partitions that are added while
 * it runs are read from their beginning.
 *
 * Unknown topics (KAFKA_UNKNOWN_TOPIC), brokers that cannot be reached (KAFKA_UNREACHABLE) and refused credentials
 * (KAFKA_AUTHENTICATION) end the pipeline when it starts. Brokers that go away later are waited for.
 */
export function readFromKafka<const K extends KafkaFormat, const V extends KafkaFormat>(
  options: ReadFromKafkaOptions<K, V>,
): PTransform<Pipeline, PCollection<KafkaRecord<Decoded<K>, Decoded<V>>>> {
  checkReadOptions(options);
  const { timestamp = 'record' } = options;
  const source = () =>
    new KafkaSource({
      connection: options,
      bounded: options.maxRecords !== undefined || options.until === 'latest',
      keyFormat: options.keyFormat ?? 'string',
      valueFormat: options.valueFormat ?? 'string',
      timestampOf: timestamp === 'record' ? (record) => record.timestamp : timestampReader(timestamp as TimestampFn),
      maxOutOfOrderMs: options.maxOutOfOrderMs ?? 0,
      idleMs: options.idleMs ?? 5_000,
      sessionTimeoutMs: options.sessionTimeoutMs ?? 6_000,
      maxBufferedBytes: options.maxBufferedBytes ?? 16 << 20,
      readCommitted: options.isolation !== 'read_uncommitted',
      deadLetterTopic: options.deadLetterTopic,
    });
  const subscription = subscriptionOf(options);
  return {
    name: 'ReadFromKafka',
    expand: (pipeline) =>
      // The formats decide the types, which the source itself does not know.
      pipeline.read('Read', source, subscription) as unknown as PCollection<KafkaRecord<Decoded<K>, Decoded<V>>>,
  };
}

type TimestampFn = (record: KafkaRecord<unknown, unknown>) => Timestamp;
