import { timestampMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { GLOBAL_WINDOW_MAX_TIMESTAMP, MAX_TIMESTAMP, MIN_TIMESTAMP, MillraceError } from 'millrace';
import { describe, expect, it } from 'vitest';
import {
  durationToMs,
  instantToTimestamp,
  msToDuration,
  msToTimestamp,
  timestampToMs,
} from '#millrace/runners/beam/duration.js';
import { decodeFailure, encodeFailure } from '#millrace/runners/beam/failure.js';
import { elementCountsFromBeam, elementCountToBeam } from '#millrace/runners/beam/metrics.js';
import { metricsFromBeam, metricToBeam } from '#millrace/runners/beam/user-metrics.js';
import { decodeVarint, encodeVarint } from '#millrace/runners/beam/varint.js';

describe('times on the wire', () => {
  it('come back, before 1970 and in fractions of a millisecond too', () => {
    const ms = fc.integer({ min: -1e13, max: 1e13 }).map((thousandths) => thousandths / 1_000);
    fc.assert(
      fc.property(ms, (time) => {
        expect(durationToMs(msToDuration(time))).toBeCloseTo(time, 5);
        expect(timestampToMs(msToTimestamp(time))).toBeCloseTo(time, 5);
        expect(msToTimestamp(time).nanos).toBeGreaterThanOrEqual(0);
        expect(Math.sign(msToDuration(time).nanos) * Math.sign(time)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('agree with protobuf', () => {
    for (const time of [-1, -1_000, -1_001, 0, 999, 1_700_000_000_123])
      expect(timestampMs(msToTimestamp(time))).toBe(time);
  });

  it.each([
    ['the beginning', MIN_TIMESTAMP, -9223372036854775n],
    ['the end', MAX_TIMESTAMP, 9223372036854775n],
    ['the end of the global window', GLOBAL_WINDOW_MAX_TIMESTAMP, 9223371950454775n],
    ['an ordinary instant', -1_500, -1_500n],
  ])('has %s of time exactly', (_, instant, millis) => {
    const { seconds, nanos } = instantToTimestamp(instant);
    expect(seconds * 1_000n + BigInt(nanos / 1e6)).toBe(millis);
    expect(nanos).toBeGreaterThanOrEqual(0);
  });
});

describe('metrics', () => {
  it('carry every safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(decodeVarint(encodeVarint(value))).toBe(value);
      }),
    );
    expect([...encodeVarint(300)]).toEqual([0xac, 0x02]);
    expect(encodeVarint(-1)).toHaveLength(10);
  });

  it('are told apart by what they measure', () => {
    const infos = [
      metricToBeam({ kind: 'counter', step: 'a/b', name: 'n', value: 3 }, 'e1'),
      elementCountToBeam('p', 4),
      elementCountToBeam('p', 5),
    ];
    expect(metricsFromBeam(infos)).toEqual([{ kind: 'counter', step: 'a/b', name: 'n', value: 3 }]);
    expect(elementCountsFromBeam(infos)).toEqual(new Map([['p', 9]]));
  });
});

describe('a failure', () => {
  const failure = new MillraceError('CODE', 'function', 'summary', {
    step: 'größe',
    element: '"]"',
    hint: 'try',
    retryable: true,
    cause: new TypeError('no'),
  });

  it.each([
    ['as it is', (text: string) => text],
    ['quoted as JSON', (text: string) => JSON.stringify({ error: text })],
    [
      'inside a stack of another language',
      (text: string) => `java.lang.RuntimeException: ${text}\n\tat org.example.Some`,
    ],
  ])('survives %s', (_, wrap) => {
    expect(decodeFailure(wrap(encodeFailure(failure)))?.toEnvelope()).toEqual(failure.toEnvelope());
  });

  it.each([
    ['no failure', 'plain text'],
    ['one that was cut short', encodeFailure(failure).slice(0, -40)],
    ['one that says nothing', '[millrace-error:bm8=]'],
  ])('is not read from %s', (_, text) => {
    expect(decodeFailure(text)).toBeUndefined();
  });
});
