import { definePipeline, option } from 'millrace';
import { readFromKafka, startFromOption, writeToKafka } from 'millrace/kafka';

/** Reads a topic, turns each message into upper case, and writes it to another topic. Keys pass as they are. */
export default definePipeline({
  name: 'kafka-uppercase',
  options: {
    bootstrapServers: option.string({ description: 'brokers, as host:port', default: '127.0.0.1:9092' }),
    inputTopic: option.string({ description: 'where messages come from' }),
    outputTopic: option.string({ description: 'where they go' }),
    deadLetterTopic: option.string({
      description: 'where messages go that are not UTF-8 text; without it the first of them ends the job',
      optional: true,
    }),
    groupId: option.string({ description: "the consumer group, when not the job's own", optional: true }),
    startFrom: startFromOption({ default: 'latest' }),
    maxRecords: option.integer({ description: 'ends after so many', optional: true }),
    until: option.choice(['latest'], { description: 'ends at the present end of the topic', optional: true }),
    sessionTimeoutMs: option.integer({
      description: 'how soon another process takes over from one that died',
      default: 6_000,
    }),
  },
  build(p, { bootstrapServers, inputTopic, outputTopic, ...reading }) {
    p.apply('read', readFromKafka({ bootstrapServers, topic: inputTopic, keyFormat: 'bytes', ...reading }))
      .map('upper case', ({ key, value }) => ({ key, value: value?.toUpperCase() ?? null }))
      .apply('write', writeToKafka({ bootstrapServers, topic: outputTopic }));
  },
});
