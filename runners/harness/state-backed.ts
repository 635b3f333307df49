import { type CoderFactory, stateBackedIterableCoder } from '../../sdk/coders/index.js';
import { BEAM_CODER } from '../../sdk/model/index.js';
import { streamValues } from './paged-values.js';
import type { StateKey, StatePage, StateService } from './state-calls.js';

/**
 * The coder of long iterables, of which an engine sends the beginning and keeps the rest. That is fetched page by page at
 * every iteration, and not kept, because it may be larger than the memory.
 */
export function stateBacked(service: StateService): ReadonlyMap<string, CoderFactory> {
  const fetch = (key: StateKey, token?: Uint8Array): StatePage =>
    service.callNow([{ kind: 'get', key, ...(token !== undefined && { token }) }])[0]!;
  return new Map([
    [
      BEAM_CODER.stateBackedIterable,
      {
        components: 1,
        make: ([element]) =>
          stateBackedIterableCoder(element!, (rest, coder) => {
            const key: StateKey = { type: { case: 'runner', value: { key: rest } } };
            return streamValues(
              coder,
              () => fetch(key),
              (token) => fetch(key, token),
            );
          }),
      },
    ],
  ]);
}
