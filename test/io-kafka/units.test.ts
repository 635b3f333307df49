import * as fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { brokerList } from '#millrace/io/kafka/connection.js';
import { recordDecoder } from '#millrace/io/kafka/kafka-record.js';
import { KafkaTracker } from '#millrace/io/kafka/kafka-restriction.js';
import { KafkaSink } from '#millrace/io/kafka/kafka-sink.js';
import { murmur2, partitionOfKey } from '#millrace/io/kafka/murmur2.js';
import { doFnContext, SourceRun } from './source-driver.js';

describe('murmur2', () => {
  // From UtilsTest of Apache Kafka.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is that of the Java client', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  it("chooses the partitions that kafkajs's default partitioner chooses", () => {
    const choose = Partitioners.DefaultPartitioner();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.integer({ min: 1, max: 50 }), (bytes, count) => {
        const key = Buffer.from(bytes);
        const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
          ...{ partitionId, leader: 1, partitionErrorCode: 0 },
          ...{ replicas: [], isr: [] },
        }));
        expect(partitionOfKey(key, count)).toBe(
          choose({ topic: 't', partitionMetadata, message: { key, value: null } }),
        );
      }),
    );
  });
});

describe('the tracker of a subscription', () => {
  const claim = (count: number, next: number) => ({ partition: 'a/b/3'.replace('/b', '.b'), count, next });

  it('grants no more than what may be read', () => {
    const tracker = new KafkaTracker({ remaining: 10, positions: [], ends: null });
    expect(tracker.tryClaimUpTo(claim(6, 6))).toEqual(claim(6, 6));
    expect(tracker.tryClaimUpTo(claim(6, 12))?.count).toBe(4);
    expect(tracker.tryClaimUpTo(claim(1, 13))).toBeUndefined();
    expect(tracker.progress()).toEqual({ completed: 10, remaining: 0 });
  });

  it('splits off the rest with the positions that were reached', () => {
    const tracker = new KafkaTracker({ remaining: 10, positions: [], ends: null });
    tracker.tryClaimUpTo(claim(6, 60));
    expect(tracker.trySplit(0)).toEqual({
      remaining: 4,
      positions: [{ topic: 'a.b', partition: 3, offset: 60 }],
      ends: null,
    });
    expect(tracker.tryClaimUpTo(claim(1, 61))).toBeUndefined();
    expect(tracker.trySplit(0)).toBeUndefined();
  });

  it.each([10, null])('says what is left without cutting it off (of %s)', (remaining) => {
    const tracker = new KafkaTracker({ remaining, positions: [], ends: null });
    tracker.tryClaimUpTo(claim(6, 60));
    const left = tracker.remainder();
    expect(tracker.tryClaimUpTo(claim(1, 61))).toEqual(claim(1, 61));
    expect(tracker.trySplit(0)).not.toEqual(left);
    expect(left).toEqual({
      remaining: remaining === null ? null : 4,
      positions: [{ topic: 'a.b', partition: 3, offset: 60 }],
      ends: null,
    });
    expect(tracker.remainder()).toBeUndefined();
  });

  it('neither loses nor repeats a record of a bounded read, however it is split', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(1_000),
        (all, f, done) => {
          const tracker = new KafkaTracker({ remaining: all, positions: [], ends: null });
          if (done > 0) tracker.tryClaimUpTo(claim(done, done));
          const residual = tracker.trySplit(f);
          const { completed, remaining } = tracker.progress();
          expect(completed + remaining + (residual?.remaining ?? 0)).toBe(all);
        },
      ),
    );
  });

  it('ends an endless read when it is split', () => {
    const tracker = new KafkaTracker({ remaining: null, positions: [], ends: null });
    tracker.tryClaimUpTo(claim(5, 5));
    expect(tracker.trySplit(0.5)?.remaining).toBeNull();
    expect(tracker.tryClaimUpTo(claim(1, 6))).toBeUndefined();
  });
});

describe('records', () => {
  const at = { topic: 't', partition: 2 };
  const message = (value: Uint8Array) => ({ offset: '7', timestamp: '5', key: null, value });

  it('decode as the format says', () => {
    const value = (format: Parameters<typeof recordDecoder>[1], text: string) =>
      recordDecoder('string', format)(at, message(Buffer.from(text)), 7).value;
    expect(value('string', 'ä\ufffd')).toBe('ä\ufffd');
    expect(value('json', '{"a":[1]}')).toEqual({ a: [1] });
    expect(value('bytes', 'ab')).toEqual(new Uint8Array([97, 98]));
    expect(value((bytes) => bytes.length, 'abc')).toBe(3);
  });

  it.each(['string', 'json'] as const)('that are not %s say where they are, and what to do', (format) => {
    expect(() => recordDecoder('string', format)(at, message(new Uint8Array([0x7b, 0xff])), 7)).toThrowError(
      expect.objectContaining({
        code: 'KAFKA_DESERIALIZATION',
        kind: 'coder',
        summary: expect.stringContaining('value of t, partition 2, offset 7'),
        element: '7bff',
        hint: expect.stringContaining("valueFormat: 'bytes'"),
      }),
    );
  });
});

describe('the connection', () => {
  it('takes brokers as a list or as text', () => {
    expect(brokerList(' a:1, b:2 ')).toEqual(['a:1', 'b:2']);
    expect(brokerList(['[::1]:9092'])).toEqual(['[::1]:9092']);
  });

  it.each(['', 'localhost', 'http://a:9092', 'a:b'])('refuses "%s"', (servers) => {
    expect(() => brokerList(servers)).toThrowError(expect.objectContaining({ code: 'KAFKA_OPTIONS', kind: 'options' }));
  });

  const nobody = { bootstrapServers: '127.0.0.1:9' };

  it('that nobody answers is an error within seconds, for the source', async () => {
    await expect(SourceRun.open({ topics: ['t'] }, nobody)).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      kind: 'external',
      retryable: true,
      summary: 'no Kafka broker answers at 127.0.0.1:9',
    });
  }, 10_000);

  it('that nobody answers is an error within seconds, for the sink', async () => {
    const sink = new KafkaSink({ connection: nobody, topic: 't' });
    await expect(sink.setup(doFnContext())).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    await sink.teardown();
  }, 10_000);
});
