import { eventTimer, generateSequence, type Pipeline, processingTimer } from 'millrace';
import { expect, it } from 'vitest';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import { deadline } from '../support/deadline.js';
import { buildInline } from './feed.js';

/** Starts a pipeline, and hands it over when its timer has fired some times. */
async function looping(build: (p: Pipeline, fired: () => void) => void) {
  let fired = 0;
  let goesOn = (): void => {};
  const loops = new Promise<void>((resolve) => {
    goesOn = resolve;
  });
  const program = buildInline((p) =>
    build(p, () => {
      if (++fired === 100) goesOn();
    }),
  );
  const handle = await createDirectRunner({ epochIntervalMs: 20 }).run(program);
  await deadline(loops, 10_000, 'the timer');
  return handle;
}

const byEvent = { timers: { again: eventTimer() } };
const byClock = { timers: { again: processingTimer() } };

const atOneInstant = (p: Pipeline, fired: () => void) => {
  p.create('Input', [1])
    .keyBy('Key', () => 'k')
    .parDo(
      'Loop',
      () => ({
        process: (_, { timers }) => timers.again.set(5),
        onTimer: {
          again: ({ timers, firingTime }) => {
            fired();
            timers.again.set(firingTime);
          },
        },
      }),
      byEvent,
    );
};

const withoutDelay = (p: Pipeline, fired: () => void) => {
  p.apply('Input', generateSequence({ from: 0, ratePerSecond: 1_000 }))
    .keyBy('Key', () => 'k')
    .parDo(
      'Loop',
      () => ({
        process: (_, { timers }) => timers.again.setAfter(0),
        onTimer: {
          again: ({ timers }) => {
            fired();
            timers.again.setAfter(0);
          },
        },
      }),
      byClock,
    );
};

it('a timer in event time that never comes to an end can be stopped', async () => {
  const handle = await looping(atOneInstant);
  handle.stop();
  expect(await deadline(handle.wait(), 10_000, 'the stop')).toMatchObject({ state: 'STOPPED' });
});

it('a timer by the clock that is due at once, again and again, lets others have their turn: it can be stopped and drained', async () => {
  const stopped = await looping(withoutDelay);
  stopped.stop();
  expect(await deadline(stopped.wait(), 10_000, 'the stop')).toMatchObject({ state: 'STOPPED' });
  const drained = await looping(withoutDelay);
  drained.drain();
  expect(await deadline(drained.wait(), 10_000, 'the drain')).toMatchObject({ state: 'DRAINED' });
});
