import { MillraceError } from '../../sdk/model/index.js';
import type { TopicPartition } from './kafka-client.js';

/** What was being done, for the text of an error. */
export interface KafkaErrorPlace {
  readonly brokers: readonly string[];
  /** A topic, or a topic and partition. */
  readonly at?: string | undefined;
  /** What may be missing, where that is not `at`. */
  readonly topic?: string;
}

/** The properties of kafkajs's errors that tell them apart. */
interface ClientError extends Error {
  readonly type?: string;
  readonly retriable?: boolean;
}

const UNREACHABLE = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSRequestTimeoutError',
]);

/** The group is between two assignments: what was tried works again after the next. */
const REBALANCING = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);

/** This process is not in its consumer group at the moment. */
export function outOfGroup(cause?: unknown): MillraceError {
  return new MillraceError('KAFKA_REBALANCING', 'external', 'the consumer group is rebalancing', {
    retryable: true,
    cause,
  });
}

/** A broker that has just started does not know at once who coordinates which group. */
const PASSING: ReadonlySet<string | undefined> = new Set([
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSGroupCoordinatorNotFound',
]);

/** Turns what the client library threw into an error of ours: whose fault, where, and what to try. */
export function kafkaError(error: unknown, place: KafkaErrorPlace): MillraceError {
  if (error instanceof MillraceError) return error;
  const chain = causes(error);
  const root = chain[chain.length - 1] as ClientError;
  const type = chain.map((one) => one.type).find((one) => one !== undefined);
  const at = place.at === undefined ? '' : ` of ${place.at}`;
  const brokers = place.brokers.join(', ');
  const external = (code: string, summary: string, hint: string | undefined, retryable: boolean) =>
    new MillraceError(code, 'external', summary, { hint, retryable, cause: root });

  if (chain.some((one) => one.name === 'KafkaJSSASLAuthenticationError'))
    return external(
      'KAFKA_AUTHENTICATION',
      `the Kafka brokers at ${brokers} refused the credentials`,
      undefined,
      false,
    );
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'INVALID_TOPIC_EXCEPTION')
    return external(
      'KAFKA_UNKNOWN_TOPIC',
      `there is no topic ${place.topic ?? place.at ?? ''} on ${brokers}`.replace('  ', ' '),
      undefined,
      false,
    );
  if (type?.endsWith('_AUTHORIZATION_FAILED'))
    return external(
      'KAFKA_NOT_AUTHORIZED',
      `the Kafka brokers at ${brokers} do not allow the use${at}: ${type}`,
      undefined,
      false,
    );
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE')
    return external(
      'KAFKA_MESSAGE_TOO_LARGE',
      `a message for ${place.at ?? 'a topic'} is larger than its broker accepts`,
      "raise the topic's max.message.bytes, or send less in one message",
      false,
    );
  if (chain.some((one) => one.name === 'KafkaJSNotImplemented'))
    return external(
      'KAFKA_COMPRESSION',
      `records${at} cannot be decompressed: ${root.message}`,
      "gzip and no compression are read; set compression.type of the topic, or of those who write to it, to 'gzip'",
      false,
    );
  if (type === 'INVALID_SESSION_TIMEOUT')
    return new MillraceError('KAFKA_OPTIONS', 'options', `the Kafka brokers at ${brokers} refuse sessionTimeoutMs`, {
      hint: 'they take what lies between their group.min.session.timeout.ms (often 6000) and group.max.session.timeout.ms',
      cause: root,
    });
  if (type !== undefined && REBALANCING.has(type)) return outOfGroup(root);
  if (chain.some((one) => UNREACHABLE.has(one.name)))
    return external(
      'KAFKA_UNREACHABLE',
      `no Kafka broker answers at ${brokers}`,
      'is it running, is the address right, and can its advertised.listeners be reached from here?',
      true,
    );
  const retryable = chain.some((one) => PASSING.has(one.name)) || root.retriable === true;
  return external('KAFKA_FAILED', `Kafka at ${brokers} failed${at}: ${root.message}`, undefined, retryable);
}

/** A broker that has just started may not know its topics yet; after so long one that was there before is gone. */
const TOPIC_PATIENCE_MS = 30_000;

/** Whether something that has worked before, and has failed for so long now, is worth another try. */
export function mayRecover(error: MillraceError, failingForMs: number): boolean {
  return error.retryable || (error.code === 'KAFKA_UNKNOWN_TOPIC' && failingForMs < TOPIC_PATIENCE_MS);
}

/** Does the work, and turns what it throws into an error of ours. */
export async function guarded<T>(
  brokers: readonly string[],
  at: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw kafkaError(error, { brokers, at });
  }
}

/** Partitions that were added are not known to every client at once: {@link mayRecover} has patience with it. */
export function unknownPartition({ topic, partition }: TopicPartition): MillraceError {
  return new MillraceError('KAFKA_UNKNOWN_TOPIC', 'external', `there is no partition ${partition} of ${topic}`);
}

/** Names the topics that there are beside one that there is not. */
export function unknownTopic(topic: string, brokers: readonly string[], there: readonly string[]): MillraceError {
  const known = there.filter((name) => !name.startsWith('__')).sort();
  const shown = known.slice(0, 10).join(', ') + (known.length > 10 ? ', …' : '');
  return new MillraceError('KAFKA_UNKNOWN_TOPIC', 'external', `there is no topic "${topic}" on ${brokers.join(', ')}`, {
    hint: known.length === 0 ? 'it has no topics yet: create this one first' : `topics there: ${shown}`,
  });
}

function causes(error: unknown): ClientError[] {
  const chain: ClientError[] = [];
  for (let one = error; one instanceof Error && !chain.includes(one); one = one.cause) chain.push(one);
  return chain.length === 0 ? [new Error(String(error))] : chain;
}
