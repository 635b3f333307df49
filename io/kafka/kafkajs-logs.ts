import { type logCreator, logLevel } from 'kafkajs';
import type { DoFnContext } from '../../sdk/model/index.js';

/**
 * kafkajs's own log, at most as `debug`: it reports each of its retries as an error. What a user should know (a lost
 * connection, a rebalance, an offset out of range) the connector says once and in its own words.
 */
export function kafkajsLogs(log: DoFnContext['log']): logCreator {
  return () =>
    ({ level, namespace, log: entry }) => {
      if (level > logLevel.WARN) return;
      const { message, broker, error, topic, partition, groupId } = entry;
      log('debug', `kafkajs ${namespace}: ${message}`, { broker, error, topic, partition, groupId });
    };
}
