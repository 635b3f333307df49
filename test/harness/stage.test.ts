import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  type CoderSpec,
  type Components,
  type FunctionResolver,
  GlobalWindow,
  type LogRecord,
  type ManualWatermarkEstimator,
  MILLRACE_CODER,
  MILLRACE_COMBINE_FN,
  MILLRACE_DO_FN,
  MillraceError,
  manualWatermark,
  NO_FIRING_PANE,
  type OffsetRange,
  OffsetRangeTracker,
  PLAN_FORMAT_VERSION,
  type Plan,
  type PollResult,
  type ProcessContext,
  resumeAfter,
  type SourceOutput,
  type SplittableFn,
  splittable,
  type TransformSpec,
} from 'millrace';
import { BytesSource, coderFromSpec, encodeToBytes, valueCoder, type WindowedValue } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
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
const step = (name: string, urn: string, from: string, to: string, payload?: unknown): TransformSpec => ({
  uniqueName: name,
  spec: { urn, ...(payload !== undefined && { payload: JSON.parse(JSON.stringify(payload)) }) },
  inputs: { i0: from },
  outputs: to === '' ? {} : { i0: to },
});
const ref = (name: string) => ({ kind: 'rebuild', step: name, slot: 'fn', textHash: '0' });
const parDo = (name: string, urn: string, from: string, to: string, more: object = {}) =>
  step(name, BEAM_TRANSFORM.parDo, from, to, { doFn: { urn, payload: { fn: ref(name), ...more } } });
const combine = (name: string, urn: string, from: string, to: string) =>
  step(name, urn, from, to, {
    combineFn: { urn: MILLRACE_COMBINE_FN.combineFn, payload: { fn: ref('fold') } },
    accumulatorCoderId: 'value',
  });
const sdf = (name: string, urn: string, from: string, to: string) =>
  step(name, urn, from, to, {
    doFn: { urn: MILLRACE_DO_FN.splittable, payload: { fn: ref('sdf') } },
    restrictionCoderId: 'value',
  });

/** A stage over the steps, between a source that feeds `in` and sinks of the given PCollections. */
function stageOf(steps: Record<string, TransformSpec>, sinks: readonly string[], functions: Record<string, unknown>) {
  const ends = Object.fromEntries(sinks.map((id) => [`sink-${id}`, step(`sink-${id}`, SINK_URN, id, '')]));
  const transforms = { source: { ...step('source', SOURCE_URN, '', 'in'), inputs: {} }, ...steps, ...ends };
  const ids = Object.values(transforms).flatMap(({ outputs }) => Object.values(outputs));
  const pcollections = Object.fromEntries(
    ids.map((id) => [id, { uniqueName: id, coderId: 'kv', isBounded: 'BOUNDED', windowingStrategyId: 'w' }] as const),
  );
  const components: Components = {
    transforms,
    pcollections,
    windowingStrategies: {},
    coders: CODERS,
    environments: {},
  };
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
    send: (sinkId, data) => sent[sinkId.slice('sink-'.length)]?.push(...decode(data)),
    sendTimers: () => undefined,
    state: { call: () => Promise.resolve([]), callNow: () => [] },
    now: () => 0,
  });
  return {
    stage,
    sent,
    async bundle(values: readonly unknown[], page = new ClaimPage()) {
      await stage.setup();
      await stage.begin();
      await stage.process(encode(values), page);
      return await stage.finish();
    },
  };
}

function encode(values: readonly unknown[]): Uint8Array {
  const parts = values.map((value) =>
    encodeToBytes(WIRE, { value, timestamp: 5, windows: GlobalWindow.INSTANCE, pane: NO_FIRING_PANE }, true),
  );
  return Buffer.concat(parts);
}

function decode(data: Uint8Array): unknown[] {
  const source = new BytesSource(data);
  const values: unknown[] = [];
  while (source.remaining > 0) values.push(WIRE.decode(source, true).value);
  return values;
}

describe('a stage', () => {
  it('hands its input on where there are no steps', async () => {
    const { bundle, sent } = stageOf({}, ['in'], {});
    expect((await bundle([1, 'two'])).elementCounts).toEqual({ in: 2 });
    expect(sent.in).toEqual([1, 'two']);
  });

  it('branches, meets again in a flatten, and goes through asynchronous steps', async () => {
    const steps = {
      double: parDo('double', MILLRACE_DO_FN.map, 'in', 'doubled'),
      slow: parDo('slow', MILLRACE_DO_FN.mapAsync, 'in', 'slowed', { async: { concurrency: 2, ordered: true } }),
      both: { ...step('both', BEAM_TRANSFORM.flatten, '', 'all'), inputs: { '0': 'doubled', '1': 'slowed' } },
      show: parDo('show', MILLRACE_DO_FN.map, 'all', 'shown'),
    };
    const { bundle, sent } = stageOf(steps, ['shown', 'doubled'], {
      double: (n: number) => n * 2,
      slow: async (n: number) => -n,
      show: (n: number) => `<${n}>`,
    });
    await bundle([1, 2, 3]);
    expect(sent.doubled).toEqual([2, 4, 6]);
    expect(sent.shown?.sort()).toEqual(['<-1>', '<-2>', '<-3>', '<2>', '<4>', '<6>']);
  });

  it('folds before and after an engine groups', async () => {
    const fold = {
      createAccumulator: () => 0,
      addInput: (a: number, b: number) => a + b,
      mergeAccumulators: (a: number, b: number) => a + b,
      extractOutput: (a: number) => `sum ${a}`,
    };
    const lift = stageOf({ lift: combine('lift', BEAM_TRANSFORM.combinePerKeyPrecombine, 'in', 'out') }, ['out'], {
      fold,
    });
    await lift.bundle([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
      { key: 'a', value: 3 },
    ]);
    expect(lift.sent.out).toEqual([
      { key: 'a', value: 4 },
      { key: 'b', value: 2 },
    ]);
    const steps = {
      merge: combine('merge', BEAM_TRANSFORM.combinePerKeyMergeAccumulators, 'in', 'merged'),
      extract: combine('extract', BEAM_TRANSFORM.combinePerKeyExtractOutputs, 'merged', 'out'),
    };
    const rest = stageOf(steps, ['out'], { fold });
    await rest.bundle([{ key: 'a', value: [4, 5] }]);
    expect(rest.sent.out).toEqual([{ key: 'a', value: 'sum 9' }]);
  });

  it('does not pile up what a long iteration gives', async () => {
    const steps = {
      many: parDo('many', MILLRACE_DO_FN.flatMap, 'in', 'expanded'),
      slow: parDo('slow', MILLRACE_DO_FN.mapAsync, 'expanded', 'out', { async: { concurrency: 100, ordered: true } }),
    };
    let made = 0;
    let done = 0;
    let most = 0;
    const { bundle, sent } = stageOf(steps, ['out'], {
      *many(n: number) {
        for (; made < n; made++) {
          most = Math.max(most, made - done);
          yield made;
        }
      },
      slow: async (n: number) => {
        done++;
        return n;
      },
    });
    await bundle([100_000]);
    expect(sent.out).toHaveLength(100_000);
    expect(sent.out?.slice(0, 3)).toEqual([0, 1, 2]);
    expect(most).toBeLessThan(30_000);
  });

  it('leaves alone what a split has given away', async () => {
    const { stage, bundle, sent } = stageOf({ same: parDo('same', MILLRACE_DO_FN.map, 'in', 'out') }, ['out'], {
      same: (n: number) => n,
    });
    const page = new ClaimPage();
    expect(page.split(() => 2)).toBe(2);
    const { elementCounts } = await bundle([1, 2, 3, 4], page);
    expect(sent.out).toEqual([1, 2]);
    expect(elementCounts).toEqual({ in: 2, out: 2 });
    await stage.teardown();
  });

  it('names the step of the author when it fails', async () => {
    const { bundle } = stageOf({ e12_bad: parDo('bad', MILLRACE_DO_FN.map, 'in', 'out') }, ['out'], {
      bad: () => {
        throw new Error('no');
      },
    });
    await expect(bundle([1])).rejects.toMatchObject({ code: 'FUNCTION_THREW', step: 'bad' });
  });
});

describe('a DoFn that asks to be called back', () => {
  it('is when the engine has made the bundle safe, for that bundle and once', async () => {
    const safe: unknown[] = [];
    const doFn = { urn: MILLRACE_DO_FN.doFn, payload: { fn: ref('ack') } };
    const ack = step('ack', BEAM_TRANSFORM.parDo, 'in', 'out', { doFn, requestsFinalization: true });
    const { bundle } = stageOf({ ack }, ['out'], {
      ack: {
        process(element: number, context: ProcessContext<number>): void {
          context.output(element);
          context.afterCommit(() => void safe.push(element));
        },
      },
    });
    const first = await bundle([1, 2]);
    const second = await bundle([3]);
    expect(safe).toEqual([]);
    for (const run of second.finalisers) await run();
    expect(safe).toEqual([3]);
    for (const run of first.finalisers) await run();
    expect(safe).toEqual([3, 1, 2]);
  });
});

describe('a splittable step', () => {
  /** Reads numbers up to the end of its range; pauses before each that `pauses` names. */
  const source = (
    isBounded: boolean,
    pauses: readonly number[] = [],
    checkpoints: string[] = [],
    onEmit: () => void = () => undefined,
  ) => ({
    isBounded,
    restrictionCoder: valueCoder(),
    initialRestriction: (to: number) => ({ from: 0, to }),
    split: (_: number, { from, to }: { from: number; to: number }) => [
      { from, to: to / 2 },
      { from: to / 2, to },
    ],
    size: (_: number, { from, to }: { from: number; to: number }) => to - from,
    newTracker: (range: { from: number; to: number }) => {
      let { from, to } = range;
      return {
        tryClaim: (n: number) => {
          if (n >= to) return false;
          from = n + 1;
          return true;
        },
        trySplit: () => {
          if (from >= to) return undefined;
          const residual = { from, to };
          to = from;
          return residual;
        },
        currentRestriction: () => ({ from, to }),
        progress: () => ({ completed: 0, remaining: to - from }),
        checkDone: () => {
          if (from < to) throw new MillraceError('NOT_DONE', 'function', `left ${from} to ${to}`);
        },
      };
    },
    open(_: number, tracker: { tryClaim(n: number): boolean; currentRestriction(): { from: number } }) {
      let next = tracker.currentRestriction().from;
      let paused = -1;
      return {
        poll(out: SourceOutput<number>): PollResult {
          if (pauses.includes(next) && paused !== next) {
            paused = next;
            return { kind: 'resumeAfter', delayMs: 7 };
          }
          if (!tracker.tryClaim(next)) return 'done';
          out.emit(next, 100 + next);
          onEmit();
          next++;
          return 'more';
        },
        watermark: () => 100 + next,
        checkpoint: () => () => void checkpoints.push(`checkpoint at ${next}`),
        close: () => void checkpoints.push('closed'),
      };
    },
  });
  const sized = (from: number, to: number) => ({
    key: { key: 'element', value: { key: { from, to }, value: -5 } },
    value: to - from,
  });

  it('pairs elements with restrictions, and cuts these', async () => {
    const steps = {
      pair: sdf('pair', BEAM_TRANSFORM.sdfPairWithRestriction, 'in', 'paired'),
      cut: sdf('cut', BEAM_TRANSFORM.sdfSplitAndSizeRestrictions, 'paired', 'out'),
    };
    const { bundle, sent } = stageOf(steps, ['out'], { sdf: source(true) });
    await bundle([10]);
    expect(sent.out).toMatchObject([
      { key: { key: 10, value: { key: { from: 0, to: 5 } } }, value: 5 },
      { key: { key: 10, value: { key: { from: 5, to: 10 } } }, value: 5 },
    ]);
  });

  const process = { work: sdf('work', BEAM_TRANSFORM.sdfProcessSizedElementAndRestrictions, 'in', 'out') };

  it('does bounded work to its end, and waits where it must', async () => {
    const { bundle, sent } = stageOf(process, ['out'], { sdf: source(true, [2]) });
    const { residuals } = await bundle([sized(0, 4), sized(10, 12)]);
    expect(sent.out).toEqual([0, 1, 2, 3, 10, 11]);
    expect(residuals).toEqual([]);
  });

  it('gives back what is left of unbounded work, and the watermark that it has reached', async () => {
    const said: string[] = [];
    const { bundle, sent } = stageOf(process, ['out'], { sdf: source(false, [2], said) });
    const { residuals, finalisers } = await bundle([sized(0, 4)]);
    expect(sent.out).toEqual([0, 1]);
    expect(residuals).toMatchObject([
      { transformId: 'work', inputTag: 'i0', isBounded: false, delayMs: 7, outputWatermarks: { i0: 102 } },
    ]);
    const [residual] = residuals;
    expect(decode(residual?.element ?? new Uint8Array())).toEqual([
      { key: { key: 'element', value: { key: { from: 2, to: 4 }, value: 102 } }, value: 2 },
    ]);
    // The reader acknowledges when the engine has made the output safe, and is closed then.
    expect(said).toEqual([]);
    for (const finalise of finalisers) await finalise();
    expect(said).toEqual(['checkpoint at 2', 'closed']);
  });

  it('truncates work when an engine drains: bounded work stays, other work goes unless it says what is left', async () => {
    const steps = { cut: sdf('cut', BEAM_TRANSFORM.sdfTruncateSizedRestrictions, 'in', 'out') };
    const truncated = async (made: object) => {
      const { bundle, sent } = stageOf(steps, ['out'], { sdf: made });
      await bundle([sized(2, 8)]);
      return sent.out;
    };
    const truncate = (_: unknown, { from }: { from: number }) => ({ from, to: from + 1 });
    expect(await truncated(source(true))).toEqual([sized(2, 8)]);
    expect(await truncated(source(false))).toEqual([]);
    expect(await truncated({ ...source(false), truncate })).toEqual([sized(2, 3)]);
    expect(await truncated({ ...source(true), truncate: () => undefined })).toEqual([]);
  });

  it('cuts bounded work too where it asks for a pause, and sends the state of its estimator with the rest', async () => {
    const counting: SplittableFn<string, number, OffsetRange, number, ManualWatermarkEstimator> = {
      watermarkEstimator: manualWatermark(),
      initialRestriction: () => ({ from: 0, to: 5 }),
      newTracker: (range) => new OffsetRangeTracker(range),
      *process(_, tracker, context) {
        for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
          context.watermarkEstimator.setWatermark(at * 10 + 10);
          context.output(at, at * 10 + 10);
          if (at === 2) return resumeAfter(33);
          yield;
        }
        return undefined;
      },
    };
    const { bundle, sent } = stageOf(process, ['out'], { sdf: splittable(counting) });
    const work = (from: number, state: number | null, watermark: number) => ({
      key: { key: 'element', value: { key: { key: { from, to: 5 }, value: state }, value: watermark } },
      value: 5 - from,
    });
    const { residuals } = await bundle([work(0, null, -5)]);
    expect(sent.out).toEqual([0, 1, 2]);
    expect(residuals).toMatchObject([{ isBounded: true, delayMs: 33, outputWatermarks: { i0: 30 } }]);
    expect(decode(residuals[0]!.element)).toEqual([work(3, 30, 30)]);
    expect((await bundle([work(3, 30, 30)])).residuals).toEqual([]);
    expect(sent.out).toEqual([0, 1, 2, 3, 4]);
  });

  it('gives a part of the element that is under way away when it is asked', async () => {
    const { stage, sent } = stageOf(process, ['out'], {
      sdf: splittable<string, number, OffsetRange, number>({
        initialRestriction: () => ({ from: 0, to: 10 }),
        newTracker: (range) => new OffsetRangeTracker(range),
        *process(_, tracker, context) {
          for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
            context.output(at);
            // After the third number somebody else is asked to help.
            if (at === 2) yield new Promise<void>((resolve) => setImmediate(resolve)).then(() => splits.push(ask()));
            else yield;
          }
        },
      }),
    });
    const ask = () => stage.splitElement(0.5);
    const splits: unknown[] = [ask()];
    await stage.setup();
    await stage.begin();
    const work = (from: number, to: number, watermark: number) => ({
      key: { key: 'element', value: { key: { key: { from, to }, value: null }, value: watermark } },
      value: to - from,
    });
    await stage.process(encode([work(0, 10, -5)]), new ClaimPage());
    const { residuals } = await stage.finish();
    expect(sent.out).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(residuals).toEqual([]);
    expect(splits[0]).toBeUndefined();
    const { primary, residual } = splits[1] as NonNullable<ReturnType<typeof ask>>;
    expect(decode(primary.element)).toEqual([work(0, 7, -5)]);
    expect(decode(residual.element)).toEqual([work(7, 10, 5)]);
    expect(residual).toMatchObject({ transformId: 'work', inputTag: 'i0', outputWatermarks: { i0: 5 }, delayMs: 0 });
    expect(ask()).toBeUndefined();
  });

  it('works through what a long slice gives while it goes on', async () => {
    let emitted = 0;
    let most = 0;
    let done = 0;
    const steps = { ...process, show: parDo('show', MILLRACE_DO_FN.map, 'out', 'shown') };
    const { bundle, sent } = stageOf(steps, ['shown'], {
      sdf: source(true, [], [], () => emitted++),
      show: () => {
        most = Math.max(most, emitted - done);
        return done++;
      },
    });
    await bundle([sized(0, 5_000)]);
    expect(sent.shown).toHaveLength(5_000);
    expect(most).toBeLessThan(1_100);
  });

  it('says that a reader claimed less than it should', async () => {
    const lazy = source(true);
    const open = () => ({ poll: (): PollResult => 'done', watermark: () => 0, close: () => undefined });
    const { bundle } = stageOf(process, ['out'], { sdf: { ...lazy, open } });
    await expect(bundle([sized(0, 4)])).rejects.toMatchObject({ code: 'NOT_DONE', step: 'sdf' });
  });
});
