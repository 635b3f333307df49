import { encodeToBytes, valueCoder } from '../coders/index.js';
import type { KV } from '../model/coder.js';
import type { DoFn, ExpirationContext, ProcessContext, TimerContext } from '../model/do-fn.js';
import type { DurationMs } from '../model/time.js';
import type { PCollection } from '../pipeline/pcollection.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import type { PTransform } from '../pipeline/ptransform.js';
import { bagState, processingTimer, valueState } from '../pipeline/state-specs.js';

export interface BatchOptions<V> {
  /** Values in a full batch. */
  readonly size?: number;
  /** A batch is full when its values have so many bytes together; one of them may alone have more. */
  readonly bytes?: number;
  /** The bytes of a value; those of its lossless encoding, when absent. */
  readonly bytesOf?: (value: V) => number;
  /** How long the first value of a batch waits in processing time; until the batch is full or the window ends, when absent. */
  readonly maxDelay?: DurationMs;
}

/**
 * The values of each key and window in batches. What is left when the window expires is a batch too. A batch that is full
 * has the timestamp of its last value, one that waited long enough that of its first.
 */
export function groupIntoBatches<K, V>(
  options: BatchOptions<V>,
): PTransform<PCollection<KV<K, V>>, PCollection<KV<K, V[]>>> {
  const { size, bytes, maxDelay } = options;
  if (size === undefined && bytes === undefined)
    throw planError(PLAN_ERROR.argument, 'nothing says when a batch is full', { hint: 'give size, bytes, or both' });
  for (const [name, given] of Object.entries({ size, bytes, maxDelay }))
    if (given !== undefined && (!Number.isSafeInteger(given) || given < 1))
      throw planError(PLAN_ERROR.argument, `${name} is ${given}, not a whole number from 1 on`);
  return {
    name: 'GroupIntoBatches',
    expand: (input) => input.parDo('Batch', () => new BatchFn<K, V>(options), declarations<V>()),
  };
}

const declarations = <V>() => ({
  state: { held: bagState<V>(), full: valueState<Fullness>() },
  timers: { overdue: processingTimer() },
});
type Declared<V> = ReturnType<typeof declarations<V>>;

/** How full the open batch is. */
interface Fullness {
  readonly size: number;
  readonly bytes: number;
}

class BatchFn<K, V> implements DoFn<KV<K, V>, KV<K, V[]>, Declared<V>> {
  constructor(private readonly options: BatchOptions<V>) {}

  process({ key, value }: KV<K, V>, context: ProcessContext<KV<K, V[]>, Declared<V>>): void {
    const { size = Number.POSITIVE_INFINITY, bytes, maxDelay } = this.options;
    const { state, timers } = context;
    const before = state.full.read() ?? { size: 0, bytes: 0 };
    const added = bytes === undefined ? 0 : this.#bytesOf(value);
    state.held.add(value);
    const full = { size: before.size + 1, bytes: before.bytes + added };
    if (full.size >= size || (bytes !== undefined && full.bytes >= bytes)) {
      if (maxDelay !== undefined) timers.overdue.clear();
      flush(key, context);
      return;
    }
    state.full.write(full);
    if (before.size === 0 && maxDelay !== undefined) timers.overdue.setAfter(maxDelay);
  }

  readonly onTimer = {
    overdue: (context: TimerContext<KV<K, V[]>, Declared<V>>): void => flush(context.key as K, context),
  };

  onWindowExpiration(context: ExpirationContext<KV<K, V[]>, Declared<V>>): void {
    flush(context.key as K, context);
  }

  #bytesOf(value: V): number {
    const { bytesOf } = this.options;
    return bytesOf === undefined ? encodeToBytes(valueCoder<V>(), value).length : bytesOf(value);
  }
}

function flush<K, V>(key: K, context: Pick<ProcessContext<KV<K, V[]>, Declared<V>>, 'state' | 'output'>): void {
  const { state } = context;
  const values = [...state.held.read()];
  if (values.length === 0) return;
  state.held.clear();
  state.full.clear();
  context.output({ key, value: values });
}
