import { keyIdentity } from '../../sdk/coders/index.js';
import type {
  BoundedWindow,
  Coder,
  CombineFn,
  DoFn,
  FinishBundleContext,
  KV,
  ProcessContext,
  Timestamp,
} from '../../sdk/model/index.js';

type AnyCombineFn = CombineFn<unknown, unknown, unknown>;
type Pair = KV<unknown, unknown>;

/** KV<K, Iterable<A>> → KV<K, A> */
export function mergeAccumulators(fn: AnyCombineFn): (element: unknown) => unknown {
  return (element) => {
    const { key, value } = element as KV<unknown, Iterable<unknown>>;
    let merged: unknown;
    let first = true;
    for (const accumulator of value) {
      merged = first ? accumulator : fn.mergeAccumulators(merged, accumulator);
      first = false;
    }
    return { key, value: first ? fn.createAccumulator() : merged };
  };
}

/** KV<K, A> → KV<K, O> */
export function extractOutputs(fn: AnyCombineFn): (element: unknown) => unknown {
  return (element) => ({ key: (element as Pair).key, value: fn.extractOutput((element as Pair).value) });
}

/** KV<K, I> → KV<K, A> */
export function convertToAccumulators(fn: AnyCombineFn): (element: unknown) => unknown {
  return (element) => ({
    key: (element as Pair).key,
    value: fn.addInput(fn.createAccumulator(), (element as Pair).value),
  });
}

/** KV<K, Iterable<I>> → KV<K, O> */
export function combineGroupedValues(fn: AnyCombineFn): (element: unknown) => unknown {
  return (element) => {
    const { key, value } = element as KV<unknown, Iterable<unknown>>;
    let accumulator = fn.createAccumulator();
    for (const input of value) accumulator = fn.addInput(accumulator, input);
    return { key, value: fn.extractOutput(accumulator) };
  };
}

/** Keys that a precombine holds for a window before it empties itself. */
const PRECOMBINE_KEYS = 100_000;

interface Cell {
  readonly key: unknown;
  accumulator: unknown;
  timestamp: Timestamp;
}

/**
 * KV<K, I> → KV<K, A>, folded within the bundle: fewer elements for what comes after. What is folded has the earliest
 * timestamp of its elements, or the latest where the grouping behind it goes by that.
 */
export class PrecombineDoFn implements DoFn<unknown, unknown> {
  private readonly cells = new Map<BoundedWindow, Map<unknown, Cell>>();
  private readonly identity: (key: unknown) => unknown;

  constructor(
    private readonly fn: AnyCombineFn,
    keyCoder: Coder<unknown>,
    private readonly keepsLatest = false,
  ) {
    this.identity = keyIdentity(keyCoder);
  }

  process(element: unknown, context: ProcessContext<unknown>): void {
    const { key, value } = element as Pair;
    let cells = this.cells.get(context.window);
    if (cells === undefined) {
      cells = new Map();
      this.cells.set(context.window, cells);
    }
    const id = this.identity(key);
    let cell = cells.get(id);
    if (cell === undefined) {
      cell = { key, accumulator: this.fn.createAccumulator(), timestamp: context.timestamp };
      cells.set(id, cell);
    }
    cell.accumulator = this.fn.addInput(cell.accumulator, value);
    cell.timestamp = this.keepsLatest
      ? Math.max(cell.timestamp, context.timestamp)
      : Math.min(cell.timestamp, context.timestamp);
    if (cells.size >= PRECOMBINE_KEYS) this.emitTo((v, t) => context.outputWithTimestamp(v, t), context.window);
  }

  finishBundle(context: FinishBundleContext<unknown>): void {
    for (const window of [...this.cells.keys()]) {
      this.emitTo((value, timestamp) => context.output(value, timestamp, window), window);
    }
  }

  private emitTo(output: (value: unknown, timestamp: Timestamp) => void, window: BoundedWindow): void {
    const cells = this.cells.get(window);
    if (cells === undefined) return;
    this.cells.delete(window);
    for (const cell of cells.values()) output({ key: cell.key, value: cell.accumulator }, cell.timestamp);
  }
}
