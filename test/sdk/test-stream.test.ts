import { fixedWindows, MAX_TIMESTAMP, outputTag, type Pipeline, type TestStreamPayload } from 'millrace';
import { kvCoder, stringUtf8Coder, varintCoder } from 'millrace/coders';
import { testStream, testStreams, timestamped } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { validatePlan } from '#millrace/sdk/model/validate-plan.js';
import { coderOf, errorOf, planOf, step } from './build.js';

const WINDOWS = fixedWindows(10);

const payloadOf = (build: (p: Pipeline) => void, name = 'TestStream/Events'): TestStreamPayload =>
  step(planOf(build), name).spec!.payload as unknown as TestStreamPayload;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('testStream', () => {
  it('is written down as readable events', () => {
    const payload = payloadOf((p) => {
      p.apply(
        testStream(stringUtf8Coder())
          .addElements('a', timestamped('b', 5))
          .advanceWatermark(10)
          .advanceProcessingTime(1_000)
          .addElements('c')
          .advanceWatermarkToInfinity(),
      );
    });
    expect(payload).toEqual({
      coderId: 'string_utf8',
      events: [
        {
          kind: 'elements',
          elements: [
            { encoded: base64('a'), timestamp: '-9223372036854775' },
            { encoded: base64('b'), timestamp: 5 },
          ],
        },
        { kind: 'watermark', timestamp: 10 },
        { kind: 'processingTime', advanceMs: 1_000 },
        { kind: 'elements', elements: [{ encoded: base64('c'), timestamp: 10 }] },
        { kind: 'watermark', timestamp: '9223372036854775' },
      ],
    });
  });

  it('stays as it was when something is added', () => {
    const one = testStream<string>().addElements('a');
    one.addElements('b');
    expect(payloadOf((p) => p.apply(one)).events).toHaveLength(1);
  });

  it('is unbounded, and coded as pairs where it is grouped', () => {
    const plan = planOf((p) => {
      p.apply(testStream<{ key: string; value: number }>().addElements({ key: 'a', value: 1 })).apply((pairs) =>
        pairs.windowInto(WINDOWS).groupByKey(),
      );
    });
    const { payload } = step(plan, 'TestStream/Events').spec!;
    expect((payload as unknown as TestStreamPayload).coderId).toBe(coderOf(plan, 'TestStream/Events'));
    expect(coderOf(plan, 'TestStream/Events')).toMatch(/^kv-/);
    expect(plan.components.pcollections[step(plan, 'TestStream/Events').outputs.main!]!.isBounded).toBe('UNBOUNDED');
  });

  it('names its outputs where there are several', () => {
    const left = outputTag('left').of<string>();
    const right = outputTag('right').of<number>();
    const plan = planOf((p) => {
      p.apply(
        'Both',
        testStreams(left, right)
          .addElements(left, 'a')
          .addElements(right, timestamped(1, 3))
          .advanceWatermark(right, 7)
          .advanceWatermarkToInfinity(),
      );
    });
    const { spec, outputs } = step(plan, 'Both/Events');
    expect(Object.keys(outputs)).toEqual(['left', 'right']);
    expect((spec!.payload as unknown as TestStreamPayload).events).toMatchObject([
      { kind: 'elements', tag: 'left' },
      { kind: 'elements', tag: 'right' },
      { kind: 'watermark', tag: 'right', timestamp: 7 },
      { kind: 'watermark', tag: 'left', timestamp: '9223372036854775' },
      { kind: 'watermark', tag: 'right', timestamp: '9223372036854775' },
    ]);
  });

  it.each<[string, () => unknown, string]>([
    ['a watermark that goes back', () => testStream().advanceWatermark(5).advanceWatermark(4), 'from 5 to 4'],
    ['a watermark that stands', () => testStream().advanceWatermark(5).advanceWatermark(5), 'from 5 to 5'],
    ['elements after the end', () => testStream<string>().advanceWatermarkToInfinity().addElements('a'), 'end of time'],
    [
      'an element at the end of time',
      () => testStream<string>().addElements(timestamped('a', MAX_TIMESTAMP)),
      '922337',
    ],
    ['half a millisecond', () => testStream<string>().addElements(timestamped('a', 0.5)), 'is 0.5'],
    ['time that stands', () => testStream().advanceProcessingTime(0), 'by 0'],
    ['no outputs', () => testStreams(), 'no outputs'],
    ['an output twice', () => testStreams(outputTag('a').of<string>(), outputTag('a').of<string>()), 'twice'],
    ['a tag with a coder', () => testStreams(outputTag('a').of(stringUtf8Coder())), 'has a coder'],
  ])('refuses %s', (_, build, text) => {
    const error = errorOf(build);
    expect(error).toMatchObject({ code: 'PLAN_ARGUMENT', kind: 'plan' });
    expect(error.message).toContain(text);
    expect(error.source).toMatch(/test-stream\.test\.ts:\d+/);
  });

  it('says which step has an element that cannot be encoded', () => {
    const coder = kvCoder(stringUtf8Coder(), varintCoder());
    const error = errorOf(() =>
      planOf((p) => p.apply('Pairs', testStream(coder).addElements({ key: 'a', value: 0.5 }))),
    );
    expect(error).toMatchObject({ code: 'CODER_LITERAL', kind: 'coder', step: 'Pairs' });
  });
});

describe('a plan with a test stream', () => {
  const plan = planOf((p) => p.apply(testStream(stringUtf8Coder()).addElements('a').advanceWatermark(5)));
  const changed = (payload: object, outputs?: object) => {
    const [id] = Object.entries(plan.components.transforms).find(([, { spec }]) => spec !== undefined)!;
    const transform = { ...plan.components.transforms[id]!, spec: { urn: 'beam:transform:teststream:v1', payload } };
    const transforms = { ...plan.components.transforms, [id]: { ...transform, ...outputs } };
    const json = JSON.stringify({ ...plan, components: { ...plan.components, transforms } });
    return validatePlan(JSON.parse(json)).problems ?? [];
  };
  const payload = payloadOf((p) => p.apply(testStream(stringUtf8Coder()).addElements('a').advanceWatermark(5)));

  it('is valid', () => {
    expect(changed(payload)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['an unknown coder', { ...payload, coderId: 'other' }, 'spec.payload.coderId'],
    ['an unknown output', { ...payload, events: [{ kind: 'watermark', tag: 'x', timestamp: 1 }] }, 'events[0].tag'],
    ['an unknown event', { ...payload, events: [{ kind: 'storm' }] }, 'events[0]'],
    ['no events', { coderId: payload.coderId }, 'payload'],
    [
      'a watermark that goes back',
      {
        ...payload,
        events: [
          { kind: 'watermark', timestamp: 5 },
          { kind: 'watermark', timestamp: 4 },
        ],
      },
      'events[1].timestamp',
    ],
    [
      'elements after the end',
      {
        ...payload,
        events: [
          { kind: 'watermark', timestamp: '9223372036854775' },
          { kind: 'elements', elements: [] },
        ],
      },
      'events[1]',
    ],
  ])('is not, with %s', (_, other, path) => {
    expect(changed(other).map((problem) => problem.path)).toContainEqual(expect.stringContaining(path));
  });
});
