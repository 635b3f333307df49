import { keyGroupOf } from '../../sdk/coders/index.js';

export const KEY_GROUP_BITS = 15;
/** Key groups that keys are hashed into; tasks own ranges of them, so that parallelism may change. */
export const KEY_GROUPS = 2 ** KEY_GROUP_BITS;

/** Key → its group, of a hash of keys. */
export function keyGroups(hash: (key: unknown) => number): (key: unknown) => number {
  return (key) => keyGroupOf(hash(key), KEY_GROUPS);
}
