import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';
import { type DoFnContext, MillraceError, resolveSecret } from '../../sdk/model/index.js';
import { brokerList, type KafkaConnection, type KafkaSasl } from './connection.js';
import { type KafkaClient, NEW_PARTITIONS_MS } from './kafka-client.js';
import { guarded } from './kafka-errors.js';
import { KafkajsAdmin } from './kafkajs-admin.js';
import { KafkajsConsumer } from './kafkajs-consumer.js';
import { kafkajsLogs } from './kafkajs-logs.js';
import { KafkajsProducer } from './kafkajs-producer.js';

/** A wrong address shows within seconds. What runs already has its own patience. */
const CONNECT_TIMEOUT_MS = 2_500;
const STARTING_BROKER_MS = 8_000;
const RETRY_MS = { initialRetryTime: 300, maxRetryTime: 1_000 };

/** {@link KafkaClient} by kafkajs. Secrets are looked up now. */
export function kafkajsClient(connection: KafkaConnection, log: DoFnContext['log']): KafkaClient {
  const brokers = brokerList(connection.bootstrapServers);
  const config: KafkaConfig = {
    brokers,
    clientId: connection.clientId ?? 'millrace',
    connectionTimeout: CONNECT_TIMEOUT_MS,
    authenticationTimeout: 5_000,
    ...(connection.ssl === true && { ssl: true }),
    ...(connection.sasl !== undefined && { sasl: saslOf(connection.sasl) }),
    // Each of the given brokers has its turn.
    retry: { ...RETRY_MS, retries: Math.max(1, brokers.length) },
    logCreator: kafkajsLogs(log),
  };
  const kafka = new Kafka(config);
  const connectAdmin = () => KafkajsAdmin.connect(() => kafka.admin(), brokers);
  return {
    connectAdmin,
    connectProducer: async () => {
      const producer = kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        metadataMaxAge: NEW_PARTITIONS_MS,
        // Every message comes with its partition.
        createPartitioner: () => (args) => args.message.partition ?? 0,
      });
      // The producer's patience is for brokers that were there before: a first connection that cannot be made fails soon.
      await (await connectAdmin()).close();
      await patiently(() => guarded(brokers, undefined, () => producer.connect()));
      return new KafkajsProducer(producer, connectAdmin, brokers, log);
    },
    createConsumer: (options, listener) => new KafkajsConsumer(kafka, brokers, options, listener),
  };
}

/** A broker that has just started answers, but needs a moment before it gives out producer ids. */
async function patiently(connect: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + STARTING_BROKER_MS;
  while (true) {
    try {
      return await connect();
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retryable || Date.now() > deadline) throw error;
    }
    await delay(RETRY_MS.initialRetryTime);
  }
}

function saslOf(sasl: KafkaSasl): SASLOptions {
  return { mechanism: sasl.mechanism as 'plain', username: sasl.username, password: resolveSecret(sasl.password) };
}
