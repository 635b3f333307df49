import { Batch } from '#millrace/runners/kernel/index.js';
import { GlobalWindow, NO_FIRING_PANE } from '#millrace/sdk/model/index.js';

export const BATCH = 1024;

/** So many batches of the records that `make` makes of their numbers; some have the same timestamp. */
export function batchesOf(make, count) {
  return Array.from({ length: count }, (_, b) => {
    const batch = new Batch(true, BATCH);
    for (let i = 0; i < BATCH; i++) {
      const n = b * BATCH + i;
      const { key, value } = make(n);
      batch.keys[i] = key;
      batch.append(value, 1_700_000_000_000 + (n >> 3), GlobalWindow.INSTANCE, NO_FIRING_PANE);
    }
    return batch;
  });
}
