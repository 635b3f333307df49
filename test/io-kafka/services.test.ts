import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';

describeWithService('kafka', 'the Kafka broker that tests run against', (kafka) => {
  test('keeps records over a kill, and the console consumer reads them', async () => {
    const broker = kafka();
    const topic = await broker.createTopic('kept', 2);
    const producer = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING }).producer({
      // The default one may repeat part of a request when a new leader is not ready yet.
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    await producer.send({
      topic,
      messages: [
        { partition: 0, key: 'a', value: 'one', timestamp: '1000' },
        { partition: 1, key: null, value: null, timestamp: '2000' },
      ],
    });
    await producer.disconnect();

    await broker.kill9();
    await broker.restart();

    const records = await broker.consume(topic, { count: 2 });
    expect(records.sort((a, b) => a.partition - b.partition)).toEqual([
      { partition: 0, offset: 0, timestamp: 1000, key: 'a', value: 'one' },
      { partition: 1, offset: 0, timestamp: 2000, key: null, value: null },
    ]);
  }, 120_000);
});
