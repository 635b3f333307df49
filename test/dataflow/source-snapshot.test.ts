import {
  IntervalWindow,
  MAX_TIMESTAMP,
  type ManualWatermarkEstimator,
  manualWatermark,
  type OffsetRange,
  OffsetRangeTracker,
  type PollResult,
  type SourceOutput,
  type SourceReader,
  type SplittableDoFn,
  type SplittableFn,
  splittable,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { readSnapshots, takeSnapshot } from '#millrace/runners/kernel/index.js';
import { sourceTask } from './source-work.js';

/** Letters with their place as the instant, and the watermark there. */
const letters = (isBounded: boolean): SplittableFn<string, string, OffsetRange, number, ManualWatermarkEstimator> => ({
  isBounded,
  watermarkEstimator: manualWatermark(),
  initialRestriction: (word) => ({ from: 0, to: word.length }),
  newTracker: (range) => new OffsetRangeTracker(range),
  *process(word, tracker, context) {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      context.output(word[at]!, at);
      context.watermarkEstimator.setWatermark(at);
      yield;
    }
  },
});

const task = (isBounded: boolean, out: [unknown, number][] = []) =>
  sourceTask(() => splittable(letters(isBounded)), out);
const whole = (word: string) => ({ key: { from: 0, to: word.length }, value: null });
const long = (letter: string): string => letter.repeat(2_000);
const counted = (out: readonly (readonly [unknown, number])[]) => {
  const counts: Record<string, number> = {};
  for (const [letter] of out) counts[letter as string] = (counts[letter as string] ?? 0) + 1;
  return counts;
};

describe('a source that is written down half-way', () => {
  it.each([
    ['bounded work, one piece at a time', true],
    ['unbounded work, all at once', false],
  ])('goes on where it stood, in one task: %s', async (_, isBounded) => {
    const first = task(isBounded);
    for (const letter of 'abc') first.give(long(letter), whole(long(letter)), 0, new IntervalWindow(0, 10_000));
    for (let i = 0; i < 2; i++) first.poll();
    const before = [...first.out];
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(6_000);
    const snapshot = takeSnapshot(first.operator);

    const second = task(isBounded);
    second.operator.restore(readSnapshots([snapshot]));
    second.operator.onWatermark(MAX_TIMESTAMP);
    // Nobody lets time go on before the rest of the work has.
    expect(second.operator.outputWatermark()).toBeLessThan(MAX_TIMESTAMP);
    await second.finish();
    expect(counted([...before, ...second.out])).toEqual({ a: 2_000, b: 2_000, c: 2_000 });
    expect(second.operator.outputWatermark()).toBe(MAX_TIMESTAMP);
    // And the one that was written down has gone on as if nothing had been.
    await first.finish();
    expect(counted(first.out)).toEqual({ a: 2_000, b: 2_000, c: 2_000 });
  });

  it('is shared out to two tasks, and taken over from two by one', async () => {
    const first = task(true);
    for (const letter of 'abcd') first.give(long(letter), whole(long(letter)));
    first.poll();
    const owners = [0, 1].map((owner) => {
      const next = task(true);
      next.operator.restore(readSnapshots([takeSnapshot(first.operator)], undefined, (index) => index % 2 === owner));
      return next;
    });
    for (const owner of owners) owner.poll();
    const one = task(true);
    one.operator.restore(readSnapshots(owners.map(({ operator }) => takeSnapshot(operator))));
    const before = [...first.out, ...owners.flatMap(({ out }) => out)];
    for (const { out } of owners) expect(out.length).toBeGreaterThan(0);
    await one.finish();
    expect(counted([...before, ...one.out])).toEqual({ a: 2_000, b: 2_000, c: 2_000, d: 2_000 });
  });

  it('keeps the watermark and the state of its estimator', () => {
    const first = task(false);
    first.give('abcdefgh'.repeat(1_000), whole('abcdefgh'.repeat(1_000)), -50);
    first.operator.onWatermark(MAX_TIMESTAMP);
    first.poll();
    const reached = first.operator.outputWatermark();
    expect(reached).toBeGreaterThan(0);
    const second = task(false);
    second.operator.restore(readSnapshots([takeSnapshot(first.operator)]));
    second.operator.onWatermark(MAX_TIMESTAMP);
    expect(second.operator.outputWatermark()).toBe(reached);
    second.poll();
    // It would have thrown, had it begun anew with -50 and been set back; its first letter follows the last one.
    expect(second.out[0]![1]).toBe(first.out.at(-1)![1] + 1);
  });

  it('writes nothing down when nothing is left', async () => {
    const first = task(true);
    first.give('ab', whole('ab'));
    await first.finish();
    expect(takeSnapshot(first.operator).parts.flatMap(({ entries }) => entries)).toEqual([]);
  });

  /** A tracker of the old kind: it cannot tell what is left without cutting it off, or cannot even do that. */
  const without = (canSplit: boolean): SplittableDoFn<string, string, OffsetRange, number> => ({
    isBounded: true,
    restrictionCoder: valueCoder<OffsetRange>(),
    initialRestriction: (word) => ({ from: 0, to: word.length }),
    newTracker: (range) => {
      const tracker = new OffsetRangeTracker(range);
      return {
        tryClaim: (at) => tracker.tryClaim(at),
        trySplit: (fraction) => (canSplit ? tracker.trySplit(fraction) : undefined),
        currentRestriction: () => tracker.currentRestriction(),
        progress: () => tracker.progress(),
        checkDone: () => tracker.checkDone(),
      };
    },
    open: (word, tracker): SourceReader<string> => {
      let at = tracker.currentRestriction().from;
      return {
        poll(out: SourceOutput<string>): PollResult {
          if (!tracker.tryClaim(at)) return 'done';
          out.emit(word[at]!, at++);
          return 'more';
        },
        watermark: () => at,
        close() {},
      };
    },
  });

  it('cuts the work of a tracker that can tell in no other way what is left, and goes on with it', async () => {
    const first = sourceTask(() => without(true));
    first.give('abcd', { from: 0, to: 4 });
    for (let i = 0; i < 2; i++) first.poll();
    const before = [...first.out];
    const snapshot = takeSnapshot(first.operator);
    const second = sourceTask(() => without(true));
    second.operator.restore(readSnapshots([snapshot]));
    await second.finish();
    expect([...before, ...second.out].map(([letter]) => letter).join('')).toBe('abcd');
    await first.finish();
    expect(first.out.map(([letter]) => letter).join('')).toBe('abcd');
  });

  it('says which element cannot be written down', () => {
    const first = sourceTask(() => without(false));
    first.give('abcd', { from: 0, to: 4 });
    first.poll();
    expect(() => takeSnapshot(first.operator)).toThrow(
      expect.objectContaining({ code: 'RESTRICTION_INDIVISIBLE', step: 'Source', element: "'abcd'" }),
    );
  });
});
