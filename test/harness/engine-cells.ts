import {
  type CoderSpec,
  type CombineFn,
  GlobalWindow,
  MILLRACE_CODER,
  MILLRACE_COMBINE_FN,
  NO_FIRING_PANE,
  type StatePayload,
} from 'millrace';
import {
  BytesSource,
  coderFromSpec,
  deterministicValueCoder,
  globalWindowCoder,
  type Timer,
  timerCoder,
} from 'millrace/coders';
import { EXPIRATION_FAMILY } from '#millrace/runners/beam/par-do.js';
import { storedState } from '#millrace/runners/beam/stored-state.js';
import { type CellSpec, FnStateHost, type FnStateOptions } from '#millrace/runners/harness/fn-state-host.js';
import { Batch } from '#millrace/runners/kernel/index.js';
import type { FakeState } from './fake-state.js';

const SUM: CombineFn<number, { total: number }, number> = {
  createAccumulator: () => ({ total: 0 }),
  addInput(accumulator, input) {
    accumulator.total += input;
    return accumulator;
  },
  mergeAccumulators(accumulator, { total }) {
    accumulator.total += total;
    return accumulator;
  },
  extractOutput: ({ total }) => total,
};

const CODERS: Record<string, CoderSpec> = {
  value: { spec: { urn: MILLRACE_CODER.value } },
  key: { spec: { urn: MILLRACE_CODER.key } },
};

export const combineFn = { urn: MILLRACE_COMBINE_FN.combineFn, payload: { fn: { kind: 'inline', token: 't' } } };

/** A cell as it comes out of the preparation of a plan. */
function cell(declared: StatePayload): CellSpec {
  const coders = { ...CODERS };
  const stored = storedState(declared, 'cell', coders);
  const coder = coderFromSpec(stored.kind === 'combining' ? stored.accumulatorCoderId : stored.coderId, coders);
  const elementCoder = declared.ttlMs === undefined ? coder : coder.components[1]!;
  return {
    declared,
    coder,
    elementCoder,
    ttlMs: declared.ttlMs,
    combineFn: () => SUM as CombineFn<unknown, unknown, unknown>,
  };
}

export const TIMERS = timerCoder(deterministicValueCoder(), globalWindowCoder());

export function host(engine: FakeState, cells: Record<string, StatePayload>, options: Partial<FnStateOptions> = {}) {
  const timers: Timer<unknown>[] = [];
  const made = new FnStateHost({
    transformId: 'step',
    keyCoder: deterministicValueCoder(),
    windowCoder: globalWindowCoder(),
    cells: Object.fromEntries(Object.entries(cells).map(([id, declared]) => [id, cell(declared)])),
    timers: new Map([
      ['later', { coder: TIMERS, timeDomain: 'EVENT_TIME' }],
      [EXPIRATION_FAMILY, { coder: TIMERS, timeDomain: 'EVENT_TIME' }],
    ]),
    service: engine,
    sendTimers: (_, bytes) => {
      const source = new BytesSource(bytes);
      while (source.remaining > 0) timers.push(TIMERS.decode(source, true));
    },
    now: () => 0,
    ...options,
  });
  return { host: made, timers };
}

export const batchOf = (...keys: readonly unknown[]): Batch => {
  const batch = new Batch(false, keys.length);
  for (const key of keys) batch.append({ key, value: 0 }, 0, GlobalWindow.INSTANCE, NO_FIRING_PANE);
  return batch;
};
