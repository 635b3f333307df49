import { create, toBinary } from '@bufbuild/protobuf';
import {
  BEAM_CODER,
  BEAM_SIDE_INPUT,
  BEAM_TRANSFORM,
  type DoFn,
  GlobalWindow,
  MAIN_TAG,
  MILLRACE_CODER,
  MILLRACE_DO_FN,
  MILLRACE_VIEW_FN,
  MILLRACE_WINDOW_MAPPING,
  NO_FIRING_PANE,
  type PaneInfo,
  type ParDoPayload,
  PLAN_FORMAT_VERSION,
  type Plan,
  type TimerContext,
} from 'millrace';
import {
  BytesSource,
  deterministicValueCoder,
  encodeToBytes,
  globalWindowCoder,
  kvCoder,
  lengthPrefixCoder,
  type Timer,
  timerCoder,
  valueCoder,
  windowedValueCoder,
} from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { ProcessBundleDescriptorSchema, RemoteGrpcPortSchema } from '#millrace/runners/beam/generated/fn_control_pb.js';
import { functionSpecToBeam } from '#millrace/runners/beam/payloads.js';
import { BundleRunner } from '#millrace/runners/harness/bundle-runner.js';
import { ClaimPage } from '#millrace/runners/harness/claim-page.js';
import { SINK_URN, SOURCE_URN } from '#millrace/runners/harness/stage-urns.js';
import type { FromKernel, ToKernel } from '#millrace/runners/harness/thread-messages.js';
import { FakeState } from './fake-state.js';

/*
 * Exchanges as Prism 2.77 has them with a harness, message by message: a stage with one stateful step, its coders with
 * lengths before what the engine does not know, timers between the elements and an end of each family.
 */

const KEY = lengthPrefixCoder(deterministicValueCoder());
const ELEMENT = windowedValueCoder(kvCoder(KEY, lengthPrefixCoder(valueCoder())), globalWindowCoder());
const OUTPUT = windowedValueCoder(lengthPrefixCoder(valueCoder()), globalWindowCoder());
const TIMER = timerCoder(KEY, globalWindowCoder());

const port = (coderId: string) => ({
  payload: toBinary(RemoteGrpcPortSchema, create(RemoteGrpcPortSchema, { coderId })),
});
const strategy = { windowFn: { urn: 'beam:window_fn:global_windows:v1' }, windowCoderId: 'global' };
const coder = (urn: string, ...componentCoderIds: string[]) => ({ spec: { urn }, componentCoderIds });

const payload: ParDoPayload = {
  doFn: { urn: MILLRACE_DO_FN.doFn, payload: { fn: { kind: 'inline', token: 'fn' } } },
  stateSpecs: { count: { kind: 'value', coderId: 'value_lp' } },
  timerFamilySpecs: {
    later: { timeDomain: 'EVENT_TIME', coderId: 'timer_lp' },
    soon: { timeDomain: 'PROCESSING_TIME', coderId: 'timer_lp' },
  },
  sideInputs: {
    names: {
      accessPattern: { urn: BEAM_SIDE_INPUT.multimap },
      viewFn: { urn: MILLRACE_VIEW_FN.multimap },
      windowMappingFn: { urn: MILLRACE_WINDOW_MAPPING.byMaxTimestamp },
    },
  },
};

const DESCRIPTOR = toBinary(
  ProcessBundleDescriptorSchema,
  create(ProcessBundleDescriptorSchema, {
    id: 'stage-004',
    transforms: {
      'stage-004_source': {
        uniqueName: 'source',
        spec: { urn: SOURCE_URN, ...port('cwv_in') },
        outputs: { i0: 'in' },
      },
      step: {
        uniqueName: 'step',
        spec: functionSpecToBeam({
          urn: BEAM_TRANSFORM.parDo,
          payload: JSON.parse(JSON.stringify(payload)),
        }),
        inputs: { [MAIN_TAG]: 'in', names: 'names_prismside' },
        outputs: { [MAIN_TAG]: 'out' },
      },
      step_out: { uniqueName: 'step_out', spec: { urn: SINK_URN, ...port('cwv_out') }, inputs: { i0: 'out' } },
    },
    pcollections: {
      in: { uniqueName: 'in', coderId: 'kv_lp', windowingStrategyId: 'w' },
      out: { uniqueName: 'out', coderId: 'value', windowingStrategyId: 'w' },
      names_prismside: { uniqueName: 'names', coderId: 'kv_lp', windowingStrategyId: 'w' },
    },
    windowingStrategies: {
      w: { ...strategy, mergeStatus: 1, accumulationMode: 1, outputTime: 1, closingBehavior: 1, onTimeBehavior: 1 },
    },
    coders: {
      value: coder(MILLRACE_CODER.value),
      key: coder(MILLRACE_CODER.key),
      value_lp: coder(BEAM_CODER.lengthPrefix, 'value'),
      key_lp: coder(BEAM_CODER.lengthPrefix, 'key'),
      kv_lp: coder(BEAM_CODER.kv, 'key_lp', 'value_lp'),
      timer_lp: coder(BEAM_CODER.timer, 'key_lp', 'global'),
      global: coder(BEAM_CODER.globalWindow),
      cwv_in: coder(BEAM_CODER.windowedValue, 'kv_lp', 'global'),
      cwv_out: coder(BEAM_CODER.windowedValue, 'value_lp', 'global'),
    },
  }),
);

const PLAN: Plan = {
  formatVersion: PLAN_FORMAT_VERSION,
  name: 'exchange',
  components: { transforms: {}, pcollections: {}, windowingStrategies: {}, coders: {}, environments: {} },
  rootTransformIds: [],
  requirements: [],
  options: {},
};

const declared = { state: {}, timers: {} };
type Context = TimerContext<unknown, typeof declared> & {
  readonly state: { readonly count: { read(): number | undefined; write(count: number): void } };
  readonly timers: Record<'later' | 'soon', { set(at: number, setting?: object): void; clear(tag?: string): void }>;
  readonly sideInputs: { readonly names: { get(key: unknown): Iterable<unknown> } };
};

const element = (key: string, value: unknown, timestamp = 0): Uint8Array =>
  encodeToBytes(
    ELEMENT,
    { value: { key, value }, timestamp, windows: GlobalWindow.INSTANCE, pane: NO_FIRING_PANE },
    true,
  );
const timer = (tag: string, at: number, pane: PaneInfo = NO_FIRING_PANE): Uint8Array =>
  encodeToBytes(
    TIMER,
    {
      userKey: 'k',
      dynamicTimerTag: tag,
      windows: GlobalWindow.INSTANCE,
      clearBit: false,
      fireTimestamp: at,
      holdTimestamp: at,
      pane,
    },
    true,
  );

/** A harness with this DoFn, and what it says. */
function harness(doFn: object, engine = new FakeState()) {
  const said: FromKernel[] = [];
  let heard = (): void => undefined;
  const find = () => doFn as DoFn<unknown, unknown>;
  const program = { plan: PLAN, resolver: { resolve: find, instantiate: find } };
  const runner = new BundleRunner(
    program,
    (message) => {
      said.push(message);
      heard();
    },
    { call: (_, __, calls) => engine.call(calls), callNow: (_, __, calls) => engine.callNow(calls) },
  );
  /** Runs one bundle; answers what came out of it. */
  return async (instructionId: string, ...input: readonly Partial<Extract<ToKernel, { kind: 'input' }>>[]) => {
    runner.receive({
      kind: 'bundle',
      instructionId,
      descriptorId: 'stage-004',
      descriptor: DESCRIPTOR,
      page: ClaimPage.newBuffer(),
    });
    const ends = [
      { transformId: 'step', family: 'later', isLast: true },
      { transformId: 'step', family: 'soon', isLast: true },
      { isLast: true },
    ];
    const ended = new Promise<void>((resolve) => {
      heard = () => {
        const last = said.at(-1);
        if (last?.kind === 'done' || last?.kind === 'failed') resolve();
      };
    });
    for (const each of [...input, ...ends])
      runner.receive({
        kind: 'input',
        instructionId,
        transformId: 'stage-004_source',
        data: new Uint8Array(),
        isLast: false,
        ...each,
      });
    await ended;
    const outputs: unknown[] = [];
    const timers: (Timer<unknown> & { readonly family: string })[] = [];
    const { length } = said;
    for (const message of said.splice(0)) {
      if (message.kind === 'failed') throw new Error(JSON.stringify(message.error));
      if (message.kind !== 'output') continue;
      const source = new BytesSource(message.data);
      while (source.remaining > 0)
        if (message.family === undefined) outputs.push(OUTPUT.decode(source, true).value);
        else timers.push({ family: message.family, ...TIMER.decode(source, true) });
    }
    expect(length).toBeGreaterThan(0);
    return {
      outputs,
      timers: timers.map(({ family, dynamicTimerTag, clearBit }) => [family, dynamicTimerTag, clearBit]),
    };
  };
}

describe('an exchange about a stateful step', () => {
  const counting = {
    process({ value }: { value: unknown }, { state, output }: Context) {
      state.count.write((state.count.read() ?? 0) + 1);
      output(`${value}: ${state.count.read()}`);
    },
    onTimer: {
      later: ({ tag, state, output }: Context) => output(`${tag} at ${state.count.read()}`),
      soon: ({ tag, output }: Context) => output(`soon ${tag}`),
    },
  };

  it('keeps state from bundle to bundle, and fires timers where they stand among the elements', async () => {
    const bundle = harness(counting);
    const later = (tag: string) => ({ transformId: 'step', family: 'later', data: timer(tag, 5) });
    expect(await bundle('inst001', { data: element('k', 'a') })).toEqual({ outputs: ['a: 1'], timers: [] });
    const second = await bundle('inst002', later('first'), { data: element('k', 'b') }, later('second'));
    expect(second.outputs).toEqual(['first at 1', 'b: 2', 'second at 2']);
  });

  it('gives timers that were set and cleared to the engine, each family by itself', async () => {
    const bundle = harness({
      ...counting,
      process(_: unknown, { timers }: Context) {
        timers.later.set(10, { tag: 'x' });
        timers.later.clear('y');
        timers.soon.set(20);
      },
    });
    const { timers } = await bundle('inst001', { data: element('k', 'a') });
    expect(timers).toEqual([
      ['later', 'x', false],
      ['later', 'y', true],
      ['soon', '', false],
    ]);
  });

  it('leaves a timer alone that an element of the same bundle has cleared', async () => {
    const bundle = harness({ ...counting, process: (_: unknown, { timers }: Context) => timers.later.clear('x') });
    const due = { transformId: 'step', family: 'later', data: timer('x', 5) };
    expect((await bundle('inst001', { data: element('k', 'a') }, due)).outputs).toEqual([]);
    expect((await bundle('inst002', due)).outputs).toEqual(['x at undefined']);
  });

  it('does not fire what Prism makes of a timer in processing time that was cleared', async () => {
    const bundle = harness(counting);
    const empty = { timing: 'EARLY', isFirst: false, isLast: false, index: 0, nonSpeculativeIndex: 0 } as const;
    const soon = (tag: string, pane?: PaneInfo) => ({ transformId: 'step', family: 'soon', data: timer(tag, 0, pane) });
    expect((await bundle('inst001', soon('cleared', empty), soon('set'))).outputs).toEqual(['soon set']);
  });

  it('looks at side inputs, key by key', async () => {
    const engine = new FakeState();
    const at = { transformId: 'step', sideInputId: 'names', window: new Uint8Array() };
    const key = encodeToBytes(KEY, 'a', true);
    const values = ['Ada', 'Alan'].map((name) => encodeToBytes(lengthPrefixCoder(valueCoder()), name, true));
    engine.put({ type: { case: 'multimapSideInput', value: { ...at, key } } }, Buffer.concat(values));
    const bundle = harness(
      {
        ...counting,
        process: ({ value }: { value: unknown }, { sideInputs, output }: Context) =>
          output([...sideInputs.names.get(value)].join()),
      },
      engine,
    );
    const { outputs } = await bundle('inst001', { data: Buffer.concat([element('k', 'a'), element('k', 'b')]) });
    expect(outputs).toEqual(['Ada,Alan', '']);
  });
});
