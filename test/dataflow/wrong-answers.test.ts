import {
  asList,
  customWindows,
  fixedWindows,
  IntervalWindow,
  MillraceError,
  type OffsetRange,
  OffsetRangeTracker,
  orderedListState,
  outputTag,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  resumeAfter,
  slidingWindows,
  splittable,
  type WindowFn,
  type WindowFnDescriptor,
} from 'millrace';
import { testPipeline } from 'millrace/testing';
import { describe, expect, it } from 'vitest';

/** What plain JavaScript lets through, and types do not: each is refused where it happens, by the name of its step. */
const anything = (value: unknown) => value as never;

async function failureOf(build: (p: Pipeline, input: PCollection<number>) => void): Promise<MillraceError> {
  const ran = testPipeline((p) => build(p, p.create('Input', [1, 2], { timestamps: [5, 6] })));
  const error: unknown = await ran.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof MillraceError) return error;
  throw new Error(`it did not fail as it should: ${String(error)}`);
}

const emitting = (timestamp: unknown) => (_: Pipeline, input: PCollection<number>) => {
  input.parDo('Emit', () => ({
    process(element, context) {
      context.outputWithTimestamp(element, anything(timestamp));
    },
  }));
};

describe('timestamps that are none', () => {
  it.each([
    ['a fraction', 7.5],
    ['a date', new Date(7)],
    ['text', '7'],
    ['NaN', Number.NaN],
    ['no end', Number.POSITIVE_INFINITY],
    ['nothing', undefined],
  ])('%s, of an output', async (_, timestamp) => {
    expect(await failureOf(emitting(timestamp))).toMatchObject({ code: 'TIMESTAMP_INVALID', step: 'Emit' });
  });

  it('a fraction, of withTimestamps', async () => {
    const stamp = (_: Pipeline, input: PCollection<number>) => {
      input.withTimestamps('Stamp', () => 7.5);
    };
    expect(await failureOf(stamp)).toMatchObject({ code: 'TIMESTAMP_INVALID', step: 'Stamp' });
  });

  it('of what a bundle emits at its end, which needs a window too', async () => {
    const atTheEnd = (...place: unknown[]) =>
      failureOf((_, input) => {
        input.parDo('Emit', () => ({
          process() {},
          finishBundle(context) {
            (context.output as (...args: unknown[]) => void)(1, ...place);
          },
        }));
      });
    expect(await atTheEnd()).toMatchObject({ code: 'TIMESTAMP_INVALID', step: 'Emit' });
    expect(await atTheEnd(7)).toMatchObject({ code: 'WINDOW_INVALID', step: 'Emit' });
  });

  it('of an ordered list', async () => {
    const declared = { state: { list: orderedListState<number>() } };
    const failure = await failureOf((_, input) => {
      input
        .keyBy('Key', () => 'k')
        .parDo('List', () => ({ process: ({ value }, { state }) => state.list.add(value, Number.NaN) }), declared);
    });
    expect(failure).toMatchObject({ code: 'TIMESTAMP_INVALID', step: 'List' });
  });
});

describe('functions that would do nothing, and say nothing', () => {
  it('a DoFn that is a generator', async () => {
    const failure = await failureOf((_, input) => {
      input.parDo('Generate', () =>
        anything({
          *process(element: number): Generator<number> {
            yield element;
          },
        }),
      );
    });
    expect(failure).toMatchObject({
      code: 'DO_FN_INVALID',
      step: 'Generate',
      hint: expect.stringContaining('flatMap'),
    });
  });

  it('a factory that makes no DoFn', async () => {
    const failure = await failureOf((_, input) => {
      input.parDo('Forgot', () => anything(undefined));
    });
    expect(failure).toMatchObject({ code: 'DO_FN_INVALID', step: 'Forgot' });
  });

  it('a CombineFn that is asynchronous, or not whole', async () => {
    const sumFn = {
      createAccumulator: () => 0,
      addInput: (a: number, b: number) => a + b,
      mergeAccumulators: (a: number, b: number) => a + b,
      extractOutput: (a: number) => a,
    };
    const combining = (changes: object) =>
      failureOf((_, input) => {
        input.combineGlobally('Sum', { ...sumFn, ...changes });
      });
    const isAsync = { addInput: async (a: number, b: number) => a + b };
    expect(await combining(isAsync)).toMatchObject({ code: 'COMBINE_FN_INVALID', message: /addInput/ });
    expect(await combining({ extractOutput: undefined })).toMatchObject({ message: /extractOutput/ });
  });

  it('work that is resumed at no time', async () => {
    const failure = await failureOf((_, input) => {
      input.read('Work', () =>
        splittable<number, number, OffsetRange, number>({
          initialRestriction: () => ({ from: 0, to: 2 }),
          newTracker: (range) => new OffsetRangeTracker(range),
          *process(_element, tracker) {
            if (tracker.tryClaim(tracker.currentRestriction().from)) yield;
            return resumeAfter(Number.NaN);
          },
        }),
      );
    });
    expect(failure).toMatchObject({ code: 'RESUME_DELAY', step: 'Work' });
  });

  it('values to create that are no array', async () => {
    const failure = await failureOf((p) => {
      p.create('Five', anything(5));
    });
    expect(failure).toMatchObject({ code: 'PLAN_ARGUMENT', step: 'Five/Values' });
  });
});

describe('options of windows', () => {
  const windowed = (options: object) =>
    failureOf((_, input) => {
      input.windowInto('Windows', fixedWindows(10), options);
    });

  it.each([
    ['panes that take back earlier ones', { accumulation: 'retracting' }, /retracting/],
    ['another combiner of timestamps', { timestampCombiner: 'middle' }, /middle/],
    ['a behaviour that is none', { closingBehavior: 'SOMETIMES' }, /SOMETIMES/],
    ['a trigger of no kind', { trigger: { kind: 'sometimes' }, accumulation: 'discarding' }, /sometimes/],
    ['a trigger that is made of none', { trigger: { kind: 'repeat' }, accumulation: 'discarding' }, /no trigger/],
    ['a count that is none', { trigger: { kind: 'elementCount', count: -1 }, accumulation: 'discarding' }, /-1/],
    ['a name that is misspelt', { alowedLateness: 5 }, /did you mean allowedLateness/],
  ])('%s', async (_, options, message) => {
    expect(await windowed(options)).toMatchObject({ code: 'PLAN_WINDOWING', message: expect.stringMatching(message) });
  });
});

describe('windows that a side input cannot be seen from', () => {
  const seenIn = (windows: WindowFnDescriptor<number>) =>
    failureOf((_, input) => {
      const side = asList(input.windowInto('Side', windows));
      input.windowInto('Main', fixedWindows(10)).map('See', (n, { side: seen }) => n + seen.length, {
        sideInputs: { side },
      });
    });

  it('are refused before anything runs: gaps, and a function that does not say which', async () => {
    expect(await seenIn(slidingWindows(2, 5))).toMatchObject({ code: 'PLAN_WINDOWING', step: 'See' });
    const own: WindowFn<number> = { assign: (_, at) => new IntervalWindow(at, at + 5) };
    expect(await seenIn(customWindows(() => own))).toMatchObject({
      code: 'PLAN_WINDOWING',
      hint: expect.stringContaining('sideInputWindow'),
    });
  });
});

it('a context may be taken apart: its functions know whose they are', async () => {
  const seen: string[] = [];
  const tag = outputTag('more').of<number>();
  await testPipeline((p) => {
    const outputs = p.create('Input', [1], { timestamps: [5] }).parDo(
      'Emit',
      () => ({
        process(element: number, { output, outputWithTimestamp, outputTagged, log }: ProcessContext<number>) {
          log('debug', 'here');
          output(element);
          outputWithTimestamp(element + 1, 7);
          outputTagged(tag, element + 2);
        },
      }),
      { outputs: [tag] },
    );
    const see = (from: string) => (n: number) => void seen.push(`${from} ${n}`);
    outputs.main.map('Main', see('main'));
    outputs.more.map('More', see('more'));
  });
  expect(seen.sort()).toEqual(['main 1', 'main 2', 'more 3']);
});
