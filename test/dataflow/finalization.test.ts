import {
  type DoFn,
  type FinishBundleContext,
  fixedWindows,
  GlobalWindow,
  type KV,
  type ProcessContext,
  valueState,
} from 'millrace';
import { testDoFn } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { deadline } from '../support/deadline.js';
import { collect, settle, start } from './feed.js';

/** Hands elements on, and writes down which of them are safe. */
const committing = (safe: unknown[]) => () =>
  ({
    process(element, context) {
      context.afterCommit(() => void safe.push(element));
      context.output(element);
    },
  }) satisfies DoFn<number, number>;

const declared = { requestsFinalization: true } as const;

describe('callbacks after the commit', () => {
  it('come once when the epoch has been acknowledged', async () => {
    const safe: unknown[] = [];
    const { feed, clock, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .parDo('Commit', committing(safe), declared)
        .parDo('Out', collect(sink));
    });
    feed.give(1, 2);
    await settle();
    expect([out, safe]).toEqual([[1, 2], []]);
    clock.advance(1_000);
    await settle();
    expect(safe).toEqual([1, 2]);
    feed.give(3);
    clock.advance(1_000);
    await settle();
    handle.stop();
    await deadline(handle.wait(), 5_000);
    expect(safe).toEqual([1, 2, 3]);
  });

  it('wait for what an open window holds of their elements', async () => {
    const safe: unknown[] = [];
    const { feed, clock, handle } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .parDo('Commit', committing(safe), declared)
        .windowInto(fixedWindows(10))
        .keyBy(() => 'all')
        .countPerKey()
        .parDo('Out', collect(sink));
    });
    feed.give(1, 2);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(safe).toEqual([]);
    feed.give(12);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(safe).toEqual([1, 2]);
    handle.drain();
    await deadline(handle.wait(), 5_000);
    expect(safe).toEqual([1, 2, 12]);
  });

  it('are lost when the pipeline fails, and spoil nothing when they do', async () => {
    const safe: unknown[] = [];
    const { feed, clock, handle, log } = await start((p, { source }) => {
      p.read('Feed', () => source, null)
        .parDo(
          'Commit',
          () =>
            ({
              process(element, context) {
                context.afterCommit(() => {
                  if (element === 1) throw new Error('the outbox is closed');
                  safe.push(element);
                });
                context.output(element);
              },
            }) satisfies DoFn<number, number>,
          declared,
        )
        .map('Fail', (n) => {
          if (n === 4) throw new Error('four');
          return n;
        });
    });
    feed.give(1, 2);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(safe).toEqual([2]);
    expect(log).toContainEqual(
      expect.objectContaining({ level: 'warn', step: 'Commit', message: expect.stringContaining('outbox') }),
    );
    feed.give(3, 4);
    await settle();
    clock.advance(5_000);
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'FAILED' });
    expect(safe).toEqual([2]);
  });

  it('wait for the state of their DoFn, which would be lost with a failure', async () => {
    const safe: unknown[] = [];
    const declared = { state: { sum: valueState<number>() }, requestsFinalization: true } as const;
    class Summing implements DoFn<KV<string, number>, number, typeof declared> {
      process({ value }: KV<string, number>, context: ProcessContext<number, typeof declared>): void {
        const sum = (context.state.sum.read() ?? 0) + value;
        context.state.sum.write(sum);
        context.afterCommit(() => void safe.push(sum));
        context.output(sum);
      }
    }
    const { feed, clock, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .windowInto(fixedWindows(10))
        .keyBy(() => 'all')
        .parDo('Sum', () => new Summing(), declared)
        .parDo('Out', collect(sink));
    });
    feed.give(1, 2);
    await settle();
    clock.advance(1_000);
    await settle();
    expect([out, safe]).toEqual([[1, 3], []]);
    feed.give(15);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(safe).toEqual([1, 3]);
    handle.drain();
    await deadline(handle.wait(), 5_000);
    expect(safe).toEqual([1, 3, 15]);
  });

  it('are taken in finishBundle too, and behind a shuffle', async () => {
    const safe: unknown[] = [];
    const batches: number[][] = [];
    class AtTheEnd implements DoFn<number, number> {
      #batch: number[] = [];
      process(element: number, _: ProcessContext<number>): void {
        this.#batch.push(element);
      }
      finishBundle(context: FinishBundleContext<number>): void {
        const batch = this.#batch;
        this.#batch = [];
        batches.push(batch);
        context.afterCommit(async () => void safe.push(...batch));
        for (const element of batch) context.output(element, element, GlobalWindow.INSTANCE);
      }
    }
    const { feed, clock, handle } = await start((p, { source }) => {
      p.read('Feed', () => source, null)
        .reshuffle()
        .parDo('Commit', () => new AtTheEnd(), declared);
    });
    feed.give(1, 2, 3);
    await settle();
    clock.advance(1_000);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(safe).toEqual([1, 2, 3]);
    handle.cancel();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'CANCELLED' });
  });
});

it('callbacks after the commit are run by the tester of DoFns when it is told that all is safe', async () => {
  const safe: unknown[] = [];
  const tester = await testDoFn(committing(safe)(), { requestsFinalization: true });
  await tester.processBundle([1, 2]);
  expect(safe).toEqual([]);
  await tester.commit();
  await tester.commit();
  expect(safe).toEqual([1, 2]);
});
