import { MillraceError } from '../../sdk/index.js';
import { brokerList } from './connection.js';
import type { KafkaSubscription } from './kafka-source.js';
import type { ReadFromKafkaOptions } from './read-from-kafka.js';
import { checkedStartFrom } from './start-from.js';

/** The options without those whose type depends on the formats. */
type ReadOptions = Omit<ReadFromKafkaOptions, 'timestamp'>;

/** How much each option that is a number is at least. */
const LEAST = { maxRecords: 1, maxOutOfOrderMs: 0, idleMs: 1, sessionTimeoutMs: 1, maxBufferedBytes: 1 } as const;
const CHOICES = { until: ['latest'], isolation: ['read_committed', 'read_uncommitted'] } as const;
const FORMATS: readonly unknown[] = ['string', 'bytes', 'json'];

/** Throws KAFKA_OPTIONS for what cannot be right, before anything is connected. */
export function checkReadOptions(options: ReadOptions): void {
  brokerList(options.bootstrapServers);
  const topics = topicsOf(options);
  if (topics.length === 0) throw wrongOption('topic: expected at least one');
  for (const topic of topics) checkTopic('topic', topic);
  const { groupId, deadLetterTopic } = options;
  if (groupId !== undefined && !(typeof groupId === 'string' && groupId.trim() !== ''))
    throw wrongOption('groupId: expected a name, got none');
  if (deadLetterTopic !== undefined) checkTopic('deadLetterTopic', deadLetterTopic);
  if (deadLetterTopic !== undefined && topics.includes(deadLetterTopic))
    throw wrongOption(`deadLetterTopic: "${deadLetterTopic}" is read itself; its records would come back for ever`);
  for (const [name, least] of Object.entries(LEAST)) checkNumber(name, options[name as keyof typeof LEAST], least);
  for (const [name, choices] of Object.entries(CHOICES))
    checkChoice(name, options[name as keyof typeof CHOICES], choices);
  for (const name of ['keyFormat', 'valueFormat'] as const) {
    const format = options[name];
    if (format !== undefined && typeof format !== 'function' && !FORMATS.includes(format))
      throw wrongOption(`${name}: expected ${FORMATS.join(', ')} or a function of bytes, got ${String(format)}`);
  }
}

/** What is read: the part of the options that stands in the plan. */
export function subscriptionOf(options: ReadOptions): KafkaSubscription {
  return {
    topics: topicsOf(options),
    groupId: options.groupId ?? null,
    startFrom: checkedStartFrom(options.startFrom ?? 'latest'),
    maxRecords: options.maxRecords ?? null,
    untilLatest: options.until === 'latest',
  };
}

/** Throws KAFKA_OPTIONS for what cannot be the name of a topic. */
export function checkTopic(name: string, topic: unknown): void {
  const isTopic = typeof topic === 'string' && /^[\w.-]{1,249}$/.test(topic) && topic !== '.' && topic !== '..';
  if (!isTopic) throw wrongOption(`${name}: "${String(topic)}" cannot be a topic's name`);
}

function topicsOf({ topic }: ReadOptions): string[] {
  return typeof topic === 'string' ? [topic] : [...new Set(topic)];
}

function checkNumber(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw wrongOption(`${name}: expected a whole number from ${least} on, got ${value}`);
}

function checkChoice(name: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return;
  throw wrongOption(`${name}: expected ${choices.join(' or ')}, got ${value}`);
}

function wrongOption(summary: string): MillraceError {
  return new MillraceError('KAFKA_OPTIONS', 'options', summary);
}
