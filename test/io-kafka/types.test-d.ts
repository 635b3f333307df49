import type { JsonValue, PCollection } from 'millrace';
import { type KafkaRecord, readFromKafka, writeToKafka } from 'millrace/kafka';
import { describe, expectTypeOf, it } from 'vitest';

const connection = { bootstrapServers: '127.0.0.1:9092', topic: 't' };
type Read<T> = T extends { readonly expand: (pipeline: never) => PCollection<infer R> } ? R : never;

describe('the records of a topic', () => {
  it('hold text when nothing else is said', () => {
    const read = readFromKafka(connection);
    expectTypeOf<Read<typeof read>>().toEqualTypeOf<KafkaRecord<string, string>>();
    expectTypeOf<Read<typeof read>['value']>().toEqualTypeOf<string | null>();
  });

  it('hold what the formats make', () => {
    const read = readFromKafka({ ...connection, keyFormat: 'bytes', valueFormat: (bytes) => bytes.length });
    expectTypeOf<Read<typeof read>>().toEqualTypeOf<KafkaRecord<Uint8Array, number>>();
    const json = readFromKafka({ ...connection, valueFormat: 'json' });
    expectTypeOf<Read<typeof json>['value']>().toEqualTypeOf<JsonValue>();
  });

  it('are what the timestamp is taken from', () => {
    readFromKafka({
      ...connection,
      valueFormat: 'bytes',
      timestamp: (record) => {
        expectTypeOf(record).toEqualTypeOf<KafkaRecord<string, Uint8Array>>();
        return 0;
      },
    });
  });

  it('are read from somewhere that there is', () => {
    // @ts-expect-error: a misspelt position
    readFromKafka({ ...connection, startFrom: 'lates' });
    // @ts-expect-error: a password is a secret, not a text
    readFromKafka({ ...connection, sasl: { mechanism: 'plain', username: 'u', password: 'p' } });
  });
});

describe('what is written to a topic', () => {
  it('is a message, a text or bytes', () => {
    const write = writeToKafka(connection);
    expectTypeOf(write.expand).toBeCallableWith({} as PCollection<string>);
    // @ts-expect-error: a number is none of them
    writeToKafka<number>(connection);
  });
});
