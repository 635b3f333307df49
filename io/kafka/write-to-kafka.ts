import type { PCollection, PTransform } from '../../sdk/index.js';
import { brokerList, type KafkaConnection } from './connection.js';
import type { KafkaWritable } from './kafka-message.js';
import { KafkaSink } from './kafka-sink.js';
import { checkTopic } from './read-options.js';

export interface WriteToKafkaOptions extends KafkaConnection {
  readonly topic: string;
}

/**
 * Writes each element to a topic: a {@link KafkaMessage}, or a text or bytes as a value without a key. Through an idempotent
 * producer that waits for all in-sync replicas; after a crash messages may be there twice, none is lost. The partition is
 * that of Kafka's Java clients: by the key, or in runs of messages where there is none.
 *
 * KAFKA_UNKNOWN_TOPIC, KAFKA_UNREACHABLE and KAFKA_AUTHENTICATION end the pipeline when it starts,
 * KAFKA_MESSAGE_TOO_LARGE and what else a broker refuses when it happens. Brokers that go away are waited for, two minutes.
 */
export function writeToKafka<T extends KafkaWritable>(options: WriteToKafkaOptions): PTransform<PCollection<T>, void> {
  brokerList(options.bootstrapServers);
  checkTopic('topic', options.topic);
  return {
    name: 'WriteToKafka',
    expand: (input) => {
      input.parDo('Write', () => new KafkaSink({ connection: options, topic: options.topic }));
    },
  };
}
