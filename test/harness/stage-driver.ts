import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  type CoderSpec,
  type Components,
  type FunctionResolver,
  GlobalWindow,
  type LogRecord,
  MILLRACE_CODER,
  MILLRACE_COMBINE_FN,
  MILLRACE_DO_FN,
  NO_FIRING_PANE,
  PLAN_FORMAT_VERSION,
  type Plan,
  type TransformSpec,
  type WindowingStrategySpec,
} from 'millrace';
import { BytesSource, coderFromSpec, encodeToBytes, type WindowedValue } from 'millrace/coders';
import { ClaimPage } from '#millrace/runners/harness/claim-page.js';
import { stageHost } from '#millrace/runners/harness/job-program.js';
import { Stage } from '#millrace/runners/harness/stage.js';
import { SINK_URN, SOURCE_URN } from '#millrace/runners/harness/stage-urns.js';
import { MetricCells } from '#millrace/runners/kernel/index.js';

const CODERS: Record<string, CoderSpec> = {
  value: { spec: { urn: MILLRACE_CODER.value } },
  value_lp: { spec: { urn: BEAM_CODER.lengthPrefix }, componentCoderIds: ['value'] },
  kv: { spec: { urn: BEAM_CODER.kv }, componentCoderIds: ['value', 'value'] },
  global: { spec: { urn: BEAM_CODER.globalWindow } },
  wire: { spec: { urn: BEAM_CODER.windowedValue }, componentCoderIds: ['value_lp', 'global'] },
};

const WIRE = coderFromSpec('wire', CODERS) as Parameters<typeof encodeToBytes<WindowedValue<unknown>>>[0];

const PLAN: Plan = {
  formatVersion: PLAN_FORMAT_VERSION,
  name: 'stage',
  components: { transforms: {}, pcollections: {}, windowingStrategies: {}, coders: {}, environments: {} },
  rootTransformIds: [],
  requirements: [],
  options: {},
};

/** `from` and `to` name PCollections. */
export const step = (name: string, urn: string, from: string, to: string, payload?: unknown): TransformSpec => ({
  uniqueName: name,
  spec: { urn, ...(payload !== undefined && { payload: JSON.parse(JSON.stringify(payload)) }) },
  inputs: { i0: from },
  outputs: to === '' ? {} : { i0: to },
});

export const ref = (name: string) => ({ kind: 'rebuild', step: name, slot: 'fn', textHash: '0' });

export const parDo = (name: string, urn: string, from: string, to: string, more: object = {}) =>
  step(name, BEAM_TRANSFORM.parDo, from, to, { doFn: { urn, payload: { fn: ref(name), ...more } } });

export const combine = (name: string, urn: string, from: string, to: string) =>
  step(name, urn, from, to, {
    combineFn: { urn: MILLRACE_COMBINE_FN.combineFn, payload: { fn: ref('fold') } },
    accumulatorCoderId: 'value',
  });

export const sdf = (name: string, urn: string, from: string, to: string) =>
  step(name, urn, from, to, {
    doFn: { urn: MILLRACE_DO_FN.splittable, payload: { fn: ref('sdf') } },
    restrictionCoderId: 'value',
  });

/** A stage over the steps, between a source that feeds `in` and sinks of the given PCollections. */
export function stageOf(
  steps: Record<string, TransformSpec>,
  sinks: readonly string[],
  functions: Record<string, unknown>,
  outputTime: WindowingStrategySpec['outputTime'] = 'END_OF_WINDOW',
) {
  const ends = Object.fromEntries(sinks.map((id) => [`sink-${id}`, step(`sink-${id}`, SINK_URN, id, '')]));
  const transforms = { source: { ...step('source', SOURCE_URN, '', 'in'), inputs: {} }, ...steps, ...ends };
  const ids = Object.values(transforms).flatMap(({ outputs }) => Object.values(outputs));
  const pcollections = Object.fromEntries(
    ids.map((id) => [id, { uniqueName: id, coderId: 'kv', isBounded: 'BOUNDED', windowingStrategyId: 'w' }] as const),
  );
  const components: Components = {
    transforms,
    pcollections,
    windowingStrategies: { w: { outputTime } as WindowingStrategySpec },
    coders: CODERS,
    environments: {},
  };
  const timestamps: number[] = [];
  const find: FunctionResolver['resolve'] = (each) => functions[each.kind === 'rebuild' ? each.step : ''];
  const counters = new MetricCells(Date.now);
  const logs: LogRecord[] = [];
  const program = { plan: PLAN, resolver: { resolve: find, instantiate: find } };
  const sent: Record<string, unknown[]> = Object.fromEntries(sinks.map((id) => [id, []]));
  const stage = new Stage({
    components,
    plan: PLAN,
    host: stageHost(program, components, counters, new AbortController().signal, (record) => logs.push(record)),
    portCoder: () => 'wire',
    send: (sinkId, data) => {
      const values = decodeAll(data);
      timestamps.push(...values.map(({ timestamp }) => timestamp));
      sent[sinkId.slice('sink-'.length)]?.push(...values.map(({ value }) => value));
    },
    sendTimers: () => undefined,
    state: { call: () => Promise.resolve([]), callNow: () => [] },
    now: () => 0,
  });
  return {
    stage,
    sent,
    /** Of all that was sent. */
    timestamps,
    async bundle(values: readonly unknown[], page = new ClaimPage()) {
      await stage.setup();
      await stage.begin();
      await stage.process(encode(values), page);
      return await stage.finish();
    },
  };
}

export function encode(values: readonly unknown[], timestamp = 5): Uint8Array {
  const parts = values.map((value) =>
    encodeToBytes(WIRE, { value, timestamp, windows: GlobalWindow.INSTANCE, pane: NO_FIRING_PANE }, true),
  );
  return Buffer.concat(parts);
}

function decodeAll(data: Uint8Array): WindowedValue<unknown>[] {
  const source = new BytesSource(data);
  const values: WindowedValue<unknown>[] = [];
  while (source.remaining > 0) values.push(WIRE.decode(source, true));
  return values;
}

export const decode = (data: Uint8Array): unknown[] => decodeAll(data).map(({ value }) => value);
