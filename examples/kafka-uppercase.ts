import { definePipeline, option } from 'millrace';
import { readFromKafka, writeToKafka } from 'millrace/kafka';

/** Reads a topic, turns each message into upper case, and writes it to another topic. */
export default definePipeline({
  name: 'kafka-uppercase',
  options: {
    bootstrapServers: option.string({ description: 'brokers, as host:port', default: '127.0.0.1:9092' }),
    inputTopic: option.string({ description: 'where messages come from' }),
    outputTopic: option.string({ description: 'where they go' }),
    groupId: option.string({ description: 'the consumer group, when not the own one of this job', optional: true }),
    startFrom: option.choice(['latest', 'earliest', 'committed'], { default: 'latest' }),
    maxRecords: option.integer({ description: 'ends after so many', optional: true }),
    until: option.choice(['latest'], { description: 'ends at the present end of the topic', optional: true }),
  },
  build(p, { bootstrapServers, inputTopic, outputTopic, ...range }) {
    p.apply('read', readFromKafka({ bootstrapServers, topic: inputTopic, ...range }))
      .map('upper case', ({ key, value }) => ({ key, value: value?.toUpperCase() ?? null }))
      .apply('write', writeToKafka({ bootstrapServers, topic: outputTopic }));
  },
});
