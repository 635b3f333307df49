import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CacheTokens, StateCache } from '#millrace/runners/harness/state-cache.js';
import type { StateCall, StateKey, StatePage } from '#millrace/runners/harness/state-calls.js';
import { FakeState } from './fake-state.js';

const TOKENS = new CacheTokens([
  { type: { case: 'userState', value: {} }, token: new Uint8Array([1]) },
] as unknown as ConstructorParameters<typeof CacheTokens>[0]);

const bag = (name: string): StateKey => ({
  type: {
    case: 'bagUserState',
    value: { transformId: 't', userStateId: 's', window: new Uint8Array(), key: Buffer.from(name) },
  },
});

/** An engine behind a cache, as the stream of state asks it. */
function cached(engine: FakeState, cache: StateCache) {
  const one = async (call: StateCall): Promise<StatePage> => {
    const known = cache.look(call, TOKENS);
    if (known !== undefined) return known;
    const [page] = await engine.call([call]);
    cache.learn(call, page!, TOKENS);
    return page!;
  };
  return {
    append: (name: string, text: string) => one({ kind: 'append', key: bag(name), data: Buffer.from(text) }),
    clear: (name: string) => one({ kind: 'clear', key: bag(name) }),
    /** All pages, or so many. */
    async read(name: string, pages = Number.POSITIVE_INFINITY): Promise<string> {
      let text = '';
      let token: Uint8Array | undefined;
      for (let i = 0; i < pages; i++) {
        const { data, next } = await one({ kind: 'get', key: bag(name), ...(token !== undefined && { token }) });
        text += Buffer.from(data).toString();
        if (next === undefined) return text;
        token = next;
      }
      return text;
    },
  };
}

const name = fc.constantFrom('a', 'b', 'c');
const command = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), name, text: fc.string({ unit: 'binary-ascii', maxLength: 12 }) }),
  fc.record({ kind: fc.constant('clear' as const), name }),
  fc.record({ kind: fc.constant('read' as const), name, pages: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY) }),
);

it('what is read through it is what the engine has, however small the pages and the cache are', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom(0, 500, 1_500, 100_000),
      fc.array(command, { maxLength: 60 }),
      async (pageBytes, limit, commands) => {
        const cache = new StateCache(limit);
        const state = cached(new FakeState(pageBytes), cache);
        const model: Record<string, string> = { a: '', b: '', c: '' };
        for (const each of commands) {
          if (each.kind === 'append') {
            await state.append(each.name, each.text);
            model[each.name] += each.text;
          } else if (each.kind === 'clear') {
            await state.clear(each.name);
            model[each.name] = '';
          } else {
            const text = await state.read(each.name, each.pages);
            if (each.pages === Number.POSITIVE_INFINITY) expect(text).toBe(model[each.name]);
            else expect(model[each.name]!.startsWith(text)).toBe(true);
          }
          expect(cache.bytes).toBeLessThanOrEqual(limit);
        }
        for (const key of ['a', 'b', 'c']) expect(await state.read(key)).toBe(model[key]);
      },
    ),
    { numRuns: 500 },
  ));
