import { fixedWindows, minutes, type Period, periodicImpulse, periodicSequence, seconds } from 'millrace';
import { stringUtf8Coder } from 'millrace/coders';
import { PAssert, testStream } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { streamCase } from '../shapes/streamed.js';

const PERIOD: Period = { start: 1_000, stop: 4_500, interval: 1_000 };

export const instantsOfThePast = conformanceCase((p) =>
  PAssert.that(p.apply(periodicImpulse(PERIOD))).containsInAnyOrder([1_000, 2_000, 3_000, 4_000]),
);

export const instantsAreTheirTimestamps = conformanceCase((p) => {
  const counts = p
    .apply(periodicImpulse(PERIOD))
    .windowInto(fixedWindows(2_000))
    .keyBy(() => 'all')
    .countPerKey()
    .map(({ value }) => value);
  PAssert.that(counts).containsInAnyOrder([1, 2, 1]);
});

export const noInstantBeforeItsStop = conformanceCase((p) =>
  PAssert.that(p.apply(periodicImpulse({ start: 5, stop: 5, interval: 1 }))).empty(),
);

export const instantsOfSeveralPeriods = conformanceCase((p) => {
  const periods = p.create('Periods', [PERIOD, { start: 0, stop: minutes(2), interval: minutes(1) }]);
  PAssert.that(periods.apply(periodicSequence())).containsInAnyOrder([1_000, 2_000, 3_000, 4_000, 0, 60_000]);
});

export const instantsOfTheFuture = streamCase((p) => {
  const words = p.apply(
    testStream(stringUtf8Coder()).addElements('first').advanceProcessingTime(seconds(3)).advanceWatermarkToInfinity(),
  );
  PAssert.that('Words', words).containsInAnyOrder(['first']);
  PAssert.that(p.apply(periodicImpulse({ start: 0, stop: 2_500, interval: 1_000 }))).containsInAnyOrder([
    0, 1_000, 2_000,
  ]);
});
