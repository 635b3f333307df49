/** Apache Kafka as a source and a sink. */
export type { KafkaConnection, KafkaSasl } from './connection.js';
export type { KafkaMessage, KafkaWritable } from './kafka-message.js';
export type { Decoded, KafkaFormat, KafkaHeaders, KafkaRecord } from './kafka-record.js';
export { type ReadFromKafkaOptions, readFromKafka } from './read-from-kafka.js';
export { type StartFrom, startFromOption } from './start-from.js';
export { type WriteToKafkaOptions, writeToKafka } from './write-to-kafka.js';
