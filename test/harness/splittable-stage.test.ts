import {
  BEAM_TRANSFORM,
  type ManualWatermarkEstimator,
  MILLRACE_DO_FN,
  MillraceError,
  manualWatermark,
  type OffsetRange,
  OffsetRangeTracker,
  type PollResult,
  resumeAfter,
  type SourceOutput,
  type SplittableFn,
  splittable,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { ClaimPage } from '#millrace/runners/harness/claim-page.js';
import { decode, encode, parDo, sdf, stageOf } from './stage-driver.js';

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
