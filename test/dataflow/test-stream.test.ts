import {
  type DoFn,
  fixedWindows,
  GlobalWindow,
  type OffsetRange,
  OffsetRangeTracker,
  type PollResult,
  refreshingSideInput,
  type SplittableDoFn,
  seconds,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { testPipeline, testStream, timestamped, VirtualClock } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { systemClock } from '#millrace/runners/dataflow/index.js';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import { createWorkerThreadsRunner } from '#millrace/runners/worker-threads/index.js';
import { planOf } from '../sdk/build.js';
import { buildInline, collect } from './feed.js';

/** Turns of the event loop, in which nothing but promises settles. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a test stream', () => {
  it('goes on when what it caused is done', async () => {
    const log: string[] = [];
    await testPipeline((p) => {
      p.apply(testStream<string>().addElements('a', 'b').addElements('c').addElements('d'))
        .map('In', (word) => {
          log.push(`in ${word}`);
          return word;
        })
        .mapAsync(
          'Slow',
          async (word) => {
            await turns(word === 'a' ? 9 : 3);
            return word;
          },
          { ordered: false },
        )
        .map('Out', (word) => {
          log.push(`out ${word}`);
        });
    });
    expect(log).toEqual(['in a', 'in b', 'out b', 'out a', 'in c', 'out c', 'in d', 'out d']);
  });

  it('comes to the same however long its calls take', async () => {
    const trace = async (took: () => number): Promise<string[]> => {
      const log: string[] = [];
      let script = testStream<string>();
      for (let i = 0; i < 20; i++)
        script = script.addElements(timestamped(`a${i}`, i), timestamped(`b${i}`, i)).advanceWatermark(i + 1);
      await testPipeline((p) => {
        p.apply(script)
          .mapAsync('Slow', async (word) => {
            await turns(took());
            return word;
          })
          .windowInto(fixedWindows(5))
          .keyBy(() => 'k')
          .groupByKey()
          .map(({ value }) => log.push([...value].join(' ')));
      });
      return log;
    };
    const quick = await trace(() => 0);
    expect(quick).toHaveLength(4);
    let calls = 0;
    expect(await trace(() => [3, 0, 7, 1][calls++ % 4]!)).toEqual(quick);
  });

  it('closes bundles between its events, round by round, and waits for those that close slowly', async () => {
    const log: string[] = [];
    class Bundled implements DoFn<string, string> {
      private readonly held: string[] = [];
      constructor(readonly name: string) {}
      async startBundle(): Promise<void> {
        await turns(2);
      }
      process(word: string): void {
        this.held.push(word);
      }
      async finishBundle(context: Parameters<NonNullable<DoFn<string, string>['finishBundle']>>[0]): Promise<void> {
        await turns(5);
        for (const word of this.held.splice(0)) {
          log.push(`${this.name} ${word}`);
          context.output(word, 0, GlobalWindow.INSTANCE);
        }
      }
    }
    await testPipeline((p) => {
      p.apply(testStream<string>().addElements('a').addElements('b'))
        .parDo('First', () => new Bundled('first'))
        .reshuffle()
        .parDo('Second', () => new Bundled('second'))
        .parDo('Out', collect(log));
    });
    expect(log).toEqual(['first a', 'second a', 'a', 'first b', 'second b', 'b']);
  });

  it('moves the clock of every step', async () => {
    const attempts: string[] = [];
    const clock = new VirtualClock();
    await testPipeline(
      (p) => {
        p.apply(
          testStream<string>().addElements('a').advanceProcessingTime(seconds(1)).advanceProcessingTime(seconds(60)),
        ).mapAsync(
          'Fails twice',
          async (word, { attempt }) => {
            attempts.push(`${attempt} at ${clock.now()}`);
            if (attempt < 3) throw new Error('not yet');
            return word;
          },
          { retry: { attempts: 3, initialDelayMs: seconds(1), multiplier: 30, maxDelayMs: seconds(60), jitter: 0 } },
        );
      },
      { clock },
    );
    expect(attempts).toEqual(['1 at 0', '2 at 1000', '3 at 31000']);
    // And no further than it was told.
    expect(clock.now()).toBe(61_000);
  });

  it('lets time pass when it is over, for what still waits for it', async () => {
    const attempts: number[] = [];
    await testPipeline((p) => {
      p.apply(testStream<string>().addElements('a')).mapAsync(
        'Fails once',
        async (word, { attempt }) => {
          attempts.push(attempt);
          if (attempt === 1) throw new Error('not yet');
          return word;
        },
        { retry: { attempts: 2, initialDelayMs: seconds(1_000) } },
      );
    });
    expect(attempts).toEqual([1, 2]);
  });

  it('waits for what a bounded source waits for, and not for an unbounded one', async () => {
    const log: unknown[] = [];
    let arrive = (): void => {};
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    await testPipeline((p) => {
      p.read('Bounded', () => waitingSource(true, () => turns(20)), null).parDo('Bounded out', collect(log));
      const endless = p.read('Unbounded', () => waitingSource(false, () => arrival), null);
      endless.parDo('Unbounded out', collect(log));
      p.apply(testStream<string>().addElements('a')).parDo(
        'Out',
        (): DoFn<string, never> => ({
          process(word) {
            log.push(word);
            arrive();
          },
        }),
      );
    });
    expect(log).toEqual(['read', 'a', 'read']);
  });

  it('waits for what is being loaded again', async () => {
    const log: string[] = [];
    await testPipeline((p) => {
      const load = async (number: number): Promise<number> => {
        await turns(20);
        return number;
      };
      const rate = p.apply('Rate', refreshingSideInput(seconds(60), load, { times: 2 }));
      p.apply(testStream<string>().addElements('a').advanceProcessingTime(seconds(60)).addElements('b')).map(
        'See',
        (word, views) => log.push(`${word} ${views.rate}`),
        { sideInputs: { rate } },
      );
    });
    expect(log).toEqual(['a 0', 'b 1']);
  });

  it('waits for an unbounded source that says that it is at work', async () => {
    const log: unknown[] = [];
    await testPipeline((p) => {
      p.read('At work', () => waitingSource(false, () => turns(20), true), null).parDo('Read', collect(log));
      p.apply(testStream<string>().addElements('a')).parDo('Out', collect(log));
    });
    expect(log).toEqual(['read', 'a']);
  });

  it('ends where it is when the pipeline is stopped', async () => {
    const log: unknown[] = [];
    const { plan, resolver } = buildInline((p) => {
      p.apply(testStream<string>().addElements('a').addElements('b').addElements('c')).parDo('Out', collect(log));
    });
    const handle = await createDirectRunner().run({ plan, resolver });
    handle.stop();
    expect((await handle.wait()).state).toBe('STOPPED');
    expect(log.length).toBeLessThan(3);
  });

  it('leaves out what has not happened yet when it is drained', async () => {
    const log: unknown[] = [];
    const { plan, resolver } = buildInline((p) => {
      p.apply(testStream<string>().addElements('a').addElements('b')).parDo('Out', collect(log));
    });
    const handle = await createDirectRunner().run({ plan, resolver });
    handle.drain();
    expect((await handle.wait()).state).toBe('DRAINED');
    expect(log).toEqual([]);
  });

  it('cannot move the clock of the system', async () => {
    const run = testPipeline((p) => p.apply(testStream<string>()), { clock: systemClock });
    await expect(run).rejects.toMatchObject({ code: 'RUNNER_CLOCK', kind: 'options' });
  });

  it('stands alone in its plan, and not on worker threads', () => {
    const two = planOf((p) => {
      p.apply('One', testStream<string>());
      p.apply('Two', testStream<string>());
    });
    expect(createDirectRunner().check(two)).toEqual([
      { feature: 'more than one beam:transform:teststream:v1', steps: ['One/Events', 'Two/Events'] },
    ]);
    const one = planOf((p) => p.apply('One', testStream<string>()));
    expect(createDirectRunner().check(one)).toEqual([]);
    expect(createWorkerThreadsRunner({ threads: 1 }).check(one)).toEqual([
      { feature: 'beam:transform:teststream:v1', steps: ['One/Events'] },
    ]);
  });
});

/** One element, after a promise. */
function waitingSource(
  isBounded: boolean,
  wait: () => Promise<void>,
  saysSo = false,
): SplittableDoFn<null, string, OffsetRange, number> {
  return {
    isBounded,
    restrictionCoder: valueCoder<OffsetRange>(),
    initialRestriction: () => ({ from: 0, to: 1 }),
    newTracker: (range) => new OffsetRangeTracker(range),
    open: (_element, tracker) => {
      let waited = false;
      let isWorking = false;
      let position = 0;
      return {
        poll: (out): PollResult => {
          if (!waited) {
            waited = true;
            isWorking = saysSo;
            const promise = wait().then(() => {
              isWorking = false;
            });
            return { kind: 'wakeWhen', promise };
          }
          if (!tracker.tryClaim(position++)) return 'done';
          out.emit('read', 0);
          return 'more';
        },
        watermark: () => 0,
        isWorking: () => isWorking,
        close: () => {},
      };
    },
  };
}
