import { BEAM_CODER, MILLRACE_CODER } from 'millrace';
import { coderFromSpec, decodeFromBytes, encodeToBytes, GrowableSink, valueCoder } from 'millrace/coders';
import { expect, it } from 'vitest';
import { stateBacked } from '#millrace/runners/harness/state-backed.js';
import { FakeState } from './fake-state.js';

it('reads what an engine has kept of a long iterable, page by page, at every iteration', () => {
  const engine = new FakeState(7);
  const token = new Uint8Array([1, 2, 3]);
  const numbers = (from: number, until: number) =>
    Array.from({ length: until - from }, (_, i) => encodeToBytes(valueCoder(), `number ${from + i}`, true));
  engine.put({ type: { case: 'runner', value: { key: token } } }, Buffer.concat(numbers(2, 20)));
  // As it comes in an element: the beginning in batches, then -1 and the token.
  const sink = new GrowableSink();
  sink.int32(-1);
  sink.varint(2);
  for (const bytes of numbers(0, 2)) sink.bytes(bytes);
  sink.varint(-1);
  sink.varint(token.length);
  sink.bytes(token);

  const coders = {
    list: { spec: { urn: BEAM_CODER.stateBackedIterable }, componentCoderIds: ['value'] },
    value: { spec: { urn: MILLRACE_CODER.value } },
  };
  const list = decodeFromBytes(coderFromSpec('list', coders, stateBacked(engine)), sink.toBytes()) as Iterable<unknown>;
  expect(engine.waits).toBe(0);
  const all = Array.from({ length: 20 }, (_, i) => `number ${i}`);
  expect([...list]).toEqual(all);
  const { waits } = engine;
  expect(waits).toBeGreaterThan(10);
  expect([...list]).toEqual(all);
  expect(engine.waits).toBe(2 * waits);
  // Whoever stops early does not read the rest.
  for (const each of list) if (each === 'number 3') break;
  expect(engine.waits).toBeLessThan(3 * waits);
});
