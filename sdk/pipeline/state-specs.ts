import { deterministicValueCoder, valueCoder } from '../coders/index.js';
import type { Coder } from '../model/coder.js';
import type {
  BagState,
  CombiningState,
  MapState,
  MultimapState,
  OrderedListState,
  SetState,
  StateSpec,
  TimerSpec,
  ValueState,
} from '../model/state.js';
import type { DurationMs } from '../model/time.js';
import { PLAN_ERROR, planError } from './plan-error.js';
import type { ChoosingCombineFn, CodedCombineFn } from './verbs/keyed.js';

export interface StateOptions<T> {
  /** How what the cell holds is encoded where it is stored; losslessly, when absent. */
  readonly coder?: Coder<T>;
  /** Clears the cell when it was not written for so long in processing time. */
  readonly ttl?: DurationMs;
}

export interface MapStateOptions<K, V> extends StateOptions<V> {
  readonly keyCoder?: Coder<K>;
}

/** One value for each key and window. */
export function valueState<T>(options: StateOptions<T> = {}): StateSpec<ValueState<T>> {
  return cell('value', options);
}

/** Elements in no order. */
export function bagState<T>(options: StateOptions<T> = {}): StateSpec<BagState<T>> {
  return cell('bag', options);
}

/** What was added, combined: `combiningState(sum())`. Of a function that makes nothing of nothing (`max()`), undefined is read then. */
export function combiningState<I, A, O>(
  combineFn: ChoosingCombineFn<I, A, O>,
  options?: Pick<StateOptions<A>, 'ttl'>,
): StateSpec<CombiningState<I, O | undefined>>;
export function combiningState<I, A, O>(
  combineFn: CodedCombineFn<I, A, O>,
  options?: Pick<StateOptions<A>, 'ttl'>,
): StateSpec<CombiningState<I, O>>;
export function combiningState<I, A, O>(
  combineFn: CodedCombineFn<I, A, O>,
  options: Pick<StateOptions<A>, 'ttl'> = {},
): StateSpec<CombiningState<I, O>> {
  const { accumulatorCoder: coder } = combineFn;
  return { ...cell<A>('combining', { ...options, ...(coder !== undefined && { coder }) }), combineFn };
}

export function mapState<K, V>(options: MapStateOptions<K, V> = {}): StateSpec<MapState<K, V>> {
  return { ...cell('map', options), keyCoder: keyCoderOf(options) };
}

/** Elements, each once. */
export function setState<T>(options: StateOptions<T> = {}): StateSpec<SetState<T>> {
  return cell('set', { coder: deterministicValueCoder() as Coder<T>, ...options });
}

/** Elements in order of their timestamps. */
export function orderedListState<T>(options: StateOptions<T> = {}): StateSpec<OrderedListState<T>> {
  return cell('orderedList', options);
}

export function multimapState<K, V>(options: MapStateOptions<K, V> = {}): StateSpec<MultimapState<K, V>> {
  return { ...cell('multimap', options), keyCoder: keyCoderOf(options) };
}

/** A timer in event time. */
export function eventTimer(): TimerSpec<'EVENT_TIME'> {
  return { timeDomain: 'EVENT_TIME' };
}

/** A timer by the clock. */
export function processingTimer(): TimerSpec<'PROCESSING_TIME'> {
  return { timeDomain: 'PROCESSING_TIME' };
}

function cell<T>(kind: StateSpec['kind'], { coder, ttl }: StateOptions<T>): StateSpec<never> {
  if (ttl !== undefined && (!Number.isSafeInteger(ttl) || ttl <= 0))
    throw planError(PLAN_ERROR.argument, `the ttl of state is ${ttl}, not a positive whole number of milliseconds`);
  return { kind, coder: (coder ?? valueCoder()) as Coder<unknown>, ...(ttl !== undefined && { ttlMs: ttl }) };
}

function keyCoderOf<K, V>({ keyCoder }: MapStateOptions<K, V>): Coder<unknown> {
  return (keyCoder ?? deterministicValueCoder()) as Coder<unknown>;
}
