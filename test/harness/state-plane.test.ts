import { afterEach, describe, expect, it } from 'vitest';
import type { StateRequest } from '#millrace/runners/beam/generated/fn_state_pb.js';
import { BeamFnState } from '#millrace/runners/beam/generated/fn_state_pb.js';
import { GrpcConnection } from '#millrace/runners/beam/grpc/connection.js';
import { GrpcServer } from '#millrace/runners/beam/grpc/server.js';
import { CacheTokens, StateCache } from '#millrace/runners/harness/state-cache.js';
import type { StateCall, StateKey } from '#millrace/runners/harness/state-calls.js';
import { StatePlane } from '#millrace/runners/harness/state-plane.js';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const key = (name: string): StateKey => ({
  type: { case: 'bagUserState', value: { transformId: 't', userStateId: 's', window: bytes(''), key: bytes(name) } },
});
const get = (name: string): StateCall => ({ kind: 'get', key: key(name) });
const tokens = (text: string) =>
  new CacheTokens([{ type: { case: 'userState', value: {} }, token: bytes(text) }] as unknown as ConstructorParameters<
    typeof CacheTokens
  >[0]);

type Answer = { readonly data?: string; readonly next?: string; readonly error?: string };

describe('the stream of state', () => {
  let close: () => void = () => undefined;
  afterEach(() => close());

  /** An engine that answers when it has as many requests as it waits for. */
  async function engine(answer: (request: StateRequest) => Answer | 'end', waitsFor = 1) {
    const asked: StateRequest[] = [];
    const server = new GrpcServer();
    server.bidi(BeamFnState.method.state, async ({ messages, send }) => {
      let held: StateRequest[] = [];
      for await (const request of messages) {
        asked.push(request);
        held.push(request);
        if (held.length < waitsFor) continue;
        for (const each of held) {
          const said = answer(each);
          if (said === 'end') {
            server.close();
            return;
          }
          const { data = '', next = '', error = '' } = said;
          if (each.request.case === 'get') {
            const value = { data: bytes(data), continuationToken: bytes(next) };
            await send({ id: each.id, error, response: { case: 'get', value } });
          } else await send({ id: each.id, error, response: { case: 'append', value: {} } });
        }
        held = [];
      }
    });
    const connection = new GrpcConnection(`127.0.0.1:${await server.listen('127.0.0.1', 0)}`);
    const plane = new StatePlane(connection, () => undefined);
    close = () => {
      plane.close();
      connection.close();
      server.close();
    };
    return { plane, asked };
  }
  const text = (pages: readonly { readonly data: Uint8Array }[]) =>
    pages.map(({ data }) => Buffer.from(data).toString());

  it('carries all calls of a list before it waits for an answer', async () => {
    const { plane } = await engine(({ id }) => ({ data: id }), 3);
    expect(text(await plane.call('i', [get('a'), get('b'), get('c')]))).toEqual(['1', '2', '3']);
  });

  it('says where a page goes on', async () => {
    const { plane, asked } = await engine(({ request }) =>
      request.case === 'get' && request.value.continuationToken.length === 0
        ? { data: 'x', next: 'here' }
        : { data: 'y' },
    );
    const [first] = await plane.call('i', [get('a')]);
    expect(first?.next).toEqual(bytes('here'));
    const [second] = await plane.call('i', [{ kind: 'get', key: key('a'), token: first!.next! }]);
    expect(second?.next).toBeUndefined();
    expect(asked.map(({ instructionId }) => instructionId)).toEqual(['i', 'i']);
  });

  it('asks once under a token, and knows what was written since', async () => {
    const { plane, asked } = await engine(() => ({ data: 'kept' }));
    const under = async (token: string, ...calls: readonly StateCall[]) => {
      plane.register('i', tokens(token));
      return text(await plane.call('i', calls));
    };
    expect(await under('one', get('a'))).toEqual(['kept']);
    expect(await under('one', get('a'), get('b'))).toEqual(['kept', 'kept']);
    await under('one', { kind: 'append', key: key('a'), data: bytes('+') });
    expect(await under('one', get('a'))).toEqual(['kept+']);
    await under('one', { kind: 'clear', key: key('a') }, { kind: 'append', key: key('a'), data: bytes('new') });
    expect(await under('one', get('a'))).toEqual(['new']);
    expect(asked.map(({ request }) => request.case)).toEqual(['get', 'get', 'append', 'clear', 'append']);
    expect(await under('two', get('a'))).toEqual(['kept']);
    plane.unregister('i');
    expect(text(await plane.call('i', [get('a')]))).toEqual(['kept']);
    expect(asked).toHaveLength(7);
  });

  it('fails with what the engine says, and when it hangs up', async () => {
    const { plane } = await engine(({ stateKey }) =>
      stateKey?.type.case === 'bagUserState' && Buffer.from(stateKey.type.value.key).toString() === 'end'
        ? 'end'
        : { error: 'no such state' },
    );
    await expect(plane.call('i', [get('a')])).rejects.toMatchObject({
      code: 'REMOTE_STATE',
      message: expect.stringContaining('no such state'),
    });
    await expect(plane.call('i', [get('end')])).rejects.toMatchObject({ kind: 'external' });
    await expect(plane.call('i', [get('a')])).rejects.toMatchObject({ kind: 'external' });
  });
});

it('keeps no more state than it may, and what was used last', () => {
  const cache = new StateCache(1_000);
  const one = tokens('t');
  const page = { data: new Uint8Array(100) };
  for (const name of ['a', 'b', 'c']) cache.learn(get(name), page, one);
  cache.look(get('a'), one);
  cache.learn(get('d'), page, one);
  expect(cache.bytes).toBeLessThanOrEqual(1_000);
  expect(['a', 'b', 'd'].map((name) => cache.look(get(name), one) !== undefined)).toEqual([true, false, true]);
  // Of what has several pages an end that is not known cannot be written to.
  cache.learn(get('a'), { ...page, next: bytes('2') }, one);
  cache.learn({ kind: 'append', key: key('a'), data: bytes('x') }, page, one);
  expect(cache.look(get('a'), one)).toBeUndefined();
});
