import { BEAM_TRANSFORM, MILLRACE_DO_FN, type ProcessContext } from 'millrace';
import { describe, expect, it } from 'vitest';
import { ClaimPage } from '#millrace/runners/harness/claim-page.js';
import { combine, encode, parDo, ref, stageOf, step } from './stage-driver.js';

const fold = {
  createAccumulator: () => 0,
  addInput: (a: number, b: number) => a + b,
  mergeAccumulators: (a: number, b: number) => a + b,
  extractOutput: (a: number) => `sum ${a}`,
};

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

  it.each([
    ['EARLIEST_IN_PANE', 2],
    ['END_OF_WINDOW', 2],
    ['LATEST_IN_PANE', 9],
  ] as const)('folds with the timestamp that the grouping behind goes by: %s', async (outputTime, expected) => {
    const steps = { lift: combine('lift', BEAM_TRANSFORM.combinePerKeyPrecombine, 'in', 'out') };
    const { stage, timestamps } = stageOf(steps, ['out'], { fold }, outputTime);
    await stage.setup();
    await stage.begin();
    for (const at of [5, 2, 9, 4]) await stage.process(encode([{ key: 'a', value: 1 }], at), new ClaimPage());
    await stage.finish();
    expect(timestamps).toEqual([expected]);
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
