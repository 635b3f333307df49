import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ProducedMessage } from '#millrace/io/kafka/kafka-client.js';
import { kafkajsMessages } from '#millrace/io/kafka/kafkajs-messages.js';

/** The parts of kafkajs that a list of messages goes through on its way into a request. */
const require = createRequire(import.meta.url);
const groupByPartition = require('kafkajs/src/producer/groupMessagesPerPartition') as (of: unknown) => {
  readonly [partition: string]: unknown[];
};
const produceRequest = require('kafkajs/src/protocol/requests/produce/v7/request') as (of: unknown) => {
  encode(): Promise<{ readonly buffer: Buffer }>;
};
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => { readInt32(): number };
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (from: unknown) => Promise<{
  readonly records: readonly { key: Buffer | null; value: Buffer | null; timestamp: string; offset: string }[];
}>;

const NOW = 1_790_000_000_000;
const PARTITION = 3;

async function requestOf(messages: readonly unknown[]): Promise<Buffer> {
  const groups = groupByPartition({
    topic: 't',
    messages,
    partitionMetadata: [{ partitionId: PARTITION }],
    partitioner: ({ message }: { message: { partition: number } }) => message.partition,
  });
  const partitions = Object.entries(groups).map(([partition, grouped]) => ({
    partition: Number(partition),
    messages: grouped,
    firstSequence: 7,
  }));
  const request = produceRequest({
    acks: -1,
    timeout: 30_000,
    producerId: '42',
    producerEpoch: 1,
    topicData: [{ topic: 't', partitions }],
  });
  return (await request.encode()).buffer;
}

/** The records of a request, read back: what stands before them is the same in all requests of this test. */
async function recordsOf(request: Buffer) {
  const from = new Decoder(request.subarray(2 + 2 + 4 + 4 + 2 + 't'.length + 4));
  expect(from.readInt32()).toBe(PARTITION);
  from.readInt32();
  return (await decodeBatch(from)).records;
}

const text = fc.string({ unit: fc.constantFrom('a', 'ä', '€', '😀', ' '), maxLength: 80 });
const bytes = fc.uint8Array({ maxLength: 80 }).map((list) => Buffer.from(list));
const part = fc.oneof(text, bytes);
const nullable = fc.option(part, { nil: null });
const headers = fc.dictionary(text, fc.oneof(part, fc.array(part, { maxLength: 3 })), { maxKeys: 3 });
const timestamp = fc.integer({ min: NOW - 1e11, max: NOW + 1e11 });

function messages(timed: fc.Arbitrary<number | undefined>) {
  const message = fc.record({ key: nullable, value: nullable, headers, timestamp: timed });
  return fc.array(message, { minLength: 1, maxLength: 200 });
}

describe('a request of our messages', () => {
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['with times', messages(timestamp)],
    ['without', messages(fc.constant(undefined))],
  ])('is what kafkajs makes of its own, %s', async (_, arbitrary) => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    await fc.assert(
      fc.asyncProperty(arbitrary, async (list) => {
        const theirs = list.map(({ timestamp: at, ...message }) => ({
          ...message,
          partition: PARTITION,
          ...(at !== undefined && { timestamp: String(at) }),
        }));
        const ours = await requestOf(kafkajsMessages(list satisfies ProducedMessage[], PARTITION));
        expect(ours.equals(await requestOf(theirs))).toBe(true);
      }),
    );
  });

  it('holds every time, however far apart they are, and the present for messages without one', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    const any = fc.option(fc.integer({ min: 0, max: 8_640_000_000_000_000 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(messages(any), async (list) => {
        const records = await recordsOf(await requestOf(kafkajsMessages(list, PARTITION)));
        expect(records.map((record) => Number(record.timestamp))).toEqual(list.map((each) => each.timestamp ?? NOW));
        expect(records.map((record) => Number(record.offset))).toEqual(list.map((_, i) => i));
      }),
    );
  });

  it('is the same when it is made again', async () => {
    const list = kafkajsMessages([{ key: 'k', value: 'v' }], PARTITION);
    expect(await requestOf(list)).toEqual(await requestOf(list));
  });

  it('takes plain bytes, which kafkajs would write wrongly, and headers without a value', async () => {
    const list = kafkajsMessages(
      [{ key: new Uint8Array([1, 2]), value: new Uint8Array([3]), headers: { empty: null } }],
      PARTITION,
    );
    const [record] = await recordsOf(await requestOf(list));
    expect(record).toMatchObject({ key: Buffer.from([1, 2]), value: Buffer.from([3]), headers: { empty: null } });
  });
});
