import fc from 'fast-check';
import {
  BEAM_WINDOW_FN,
  type BoundedWindow,
  type DoFn,
  GlobalWindow,
  NO_FIRING_PANE,
  type ProcessContext,
  type Windows,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import {
  Batch,
  OutputBuffer,
  OutputGate,
  Segment,
  type Step,
  type StepBody,
  windowAssigner,
} from '#millrace/runners/kernel/index.js';
import { kernelHost as host } from '../support/kernel-host.js';

type Form = 'compiled' | 'interpreted';
interface Out {
  readonly value: unknown;
  readonly timestamp: number;
  readonly windows: Windows;
}

/** Runs a chain of bodies over values, with an output that blocks after every `room` elements until it is emptied. */
function runChain(
  form: Form,
  bodies: readonly StepBody[],
  values: readonly unknown[],
  room: number,
  from: 'a batch' | 'a source' = 'a batch',
): Out[] {
  const steps: Step[] = bodies.map((body, index) => ({
    index,
    name: `s${index}`,
    source: undefined,
    input: `p${index}`,
    outputs: { main: `p${index + 1}` },
    body,
  }));
  const gate = new OutputGate();
  const out: Out[] = [];
  const take = (batch: Batch): boolean => {
    for (let i = 0; i < batch.length; i++) {
      out.push({ value: batch.valueAt(i), timestamp: batch.timestamps[i]!, windows: batch.windowsAt(i) });
    }
    return false;
  };
  const port = new OutputBuffer(false, { accept: take }, gate, room);
  const segment = new Segment('p0', steps, new Map([[`p${bodies.length}`, [port]]]), gate, host, form);
  const batch = new Batch(false, Math.max(values.length, 1));
  values.forEach((value, i) => {
    batch.append(value, i * 10, GlobalWindow.INSTANCE, NO_FIRING_PANE);
  });
  const source = segment.openOutput(GlobalWindow.INSTANCE);
  let taken = 0;
  for (let turns = 0; ; turns++) {
    if (turns > 100_000) throw new Error('the segment makes no progress');
    gate.blocked = false;
    if (!segment.resume()) continue;
    if (taken === batch.length) break;
    if (from === 'a batch') {
      taken = segment.process(batch, taken);
      continue;
    }
    // A source emits what it has, also when the output is full in between.
    const end = Math.min(taken + 3, batch.length);
    for (; taken < end; taken++) source.emit(batch.values[taken], batch.timestamps[taken]!);
  }
  segment.finishBundle();
  port.flush();
  return out;
}

class Repeat implements DoFn<number, number> {
  private seen = 0;
  process(element: number, context: ProcessContext<number>): void {
    this.seen++;
    for (let i = 0; i < Math.abs(element) % 3; i++)
      context.outputWithTimestamp(element + i, context.timestamp + this.seen);
  }
}

function* countTo(n: number): Generator<number> {
  for (let i = 0; i < Math.abs(n) % 7; i++) yield i + n;
}

const body = fc.constantFrom<() => StepBody>(
  () => ({ kind: 'map', fn: (x) => (x as number) + 1 }),
  () => ({ kind: 'filter', fn: (x) => (x as number) % 2 === 0 }),
  () => ({ kind: 'flatMap', fn: (x) => [x, (x as number) * 3] }),
  () => ({ kind: 'flatMap', fn: (x) => countTo(x as number) }),
  () => ({ kind: 'flatMap', fn: (x) => new Set([x]) }),
  () => ({ kind: 'withTimestamps', fn: (x) => 1_000 + Math.abs(x as number), allowedSkewMs: Number.POSITIVE_INFINITY }),
  () => ({ kind: 'doFn', doFn: new Repeat() as DoFn<unknown, unknown>, allowedSkewMs: 0 }),
  () => ({
    kind: 'windowInto',
    assigner: windowAssigner({ urn: BEAM_WINDOW_FN.fixed, payload: { sizeMs: 7, offsetMs: 2 } }),
  }),
  () => ({
    kind: 'windowInto',
    assigner: windowAssigner({ urn: BEAM_WINDOW_FN.sliding, payload: { sizeMs: 10, periodMs: 4, offsetMs: 0 } }),
  }),
);

describe('a segment', () => {
  it('compiled and interpreted forms agree, whatever the room at the output, for batches and for what a source emits', () => {
    fc.assert(
      fc.property(
        fc.array(body, { maxLength: 5 }),
        fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 9 }),
        (makers, values, room) => {
          const reference = runChain(
            'interpreted',
            makers.map((make) => make()),
            values,
            1_000,
          );
          for (const form of ['interpreted', 'compiled'] as const) {
            for (const from of ['a batch', 'a source'] as const) {
              const bodies = makers.map((make) => make());
              expect(runChain(form, bodies, values, room, from)).toEqual(reference);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('stops between two results of a lazy flatMap when the output is full', () => {
    let made = 0;
    function* endless(): Generator<number> {
      for (;;) yield made++;
    }
    const gate = new OutputGate();
    const accepted: number[] = [];
    const port = new OutputBuffer(false, { accept: (batch) => accepted.push(batch.length) < 0 }, gate, 10);
    const step: Step = {
      index: 0,
      name: 's',
      source: undefined,
      input: 'a',
      outputs: { main: 'b' },
      body: { kind: 'flatMap', fn: endless },
    };
    const segment = new Segment('a', [step], new Map([['b', [port]]]), gate, host);
    const batch = new Batch(false);
    batch.append(0, 0, GlobalWindow.INSTANCE, NO_FIRING_PANE);
    expect(segment.process(batch, 0)).toBe(1);
    expect(made).toBe(10);
    gate.blocked = false;
    expect(segment.resume()).toBe(false);
    expect(made).toBe(20);
    expect(accepted).toEqual([10, 10]);
  });

  it.each<Form>(['compiled', 'interpreted'])(
    'names step, source and element of what a function throws (%s)',
    (form) => {
      const fail = (x: unknown): unknown => {
        if (x === 3) throw new TypeError('no threes');
        return x;
      };
      expect(() =>
        runChain(
          form,
          [
            { kind: 'map', fn: (x) => x },
            { kind: 'map', fn: fail },
          ],
          [1, 2, 3],
          100,
        ),
      ).toThrow(
        expect.objectContaining({
          code: 'FUNCTION_THREW',
          step: 's1',
          element: '3',
          cause: expect.objectContaining({ message: 'no threes' }),
        }),
      );
    },
  );

  it.each<Form>(['compiled', 'interpreted'])('refuses what its functions may not return (%s)', (form) => {
    const chain = (only: StepBody) => () => runChain(form, [only], [1], 100);
    expect(chain({ kind: 'map', fn: async () => 1 })).toThrow(
      expect.objectContaining({ code: 'FUNCTION_RETURNED_PROMISE' }),
    );
    expect(chain({ kind: 'flatMap', fn: () => 'text' })).toThrow(
      expect.objectContaining({ code: 'FUNCTION_NOT_ITERABLE' }),
    );
    expect(chain({ kind: 'withTimestamps', fn: () => Number.NaN, allowedSkewMs: 0 })).toThrow(
      expect.objectContaining({ code: 'TIMESTAMP_INVALID' }),
    );
    expect(chain({ kind: 'withTimestamps', fn: () => -5, allowedSkewMs: 0 })).toThrow(
      expect.objectContaining({ code: 'TIMESTAMP_SKEW' }),
    );
  });
});

describe('window assigners', () => {
  const windowsOf = (windows: Windows): readonly BoundedWindow[] =>
    (Array.isArray(windows) ? windows : [windows]) as readonly BoundedWindow[];

  it('assign what the definition says, for any order of timestamps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: -20, max: 20 }),
        fc.array(fc.integer({ min: -60, max: 60 }), { maxLength: 30 }),
        (sizeMs, periodMs, offsetMs, timestamps) => {
          const sliding = windowAssigner({ urn: BEAM_WINDOW_FN.sliding, payload: { sizeMs, periodMs, offsetMs } });
          const fixed = windowAssigner({ urn: BEAM_WINDOW_FN.fixed, payload: { sizeMs, offsetMs } });
          for (const t of timestamps) {
            const expected: string[] = [];
            // The slow definition: every start that is a multiple of the period, shifted by the offset.
            for (let k = -120; k <= 120; k++) {
              const start = k * periodMs + offsetMs;
              if (start <= t && t < start + sizeMs) expected.push(`${start}-${start + sizeMs}`);
            }
            const got = windowsOf(sliding.assign(t)).map((w) => `${w.start}-${w.end}`);
            expect(got.sort()).toEqual(expected.sort());
            const [only] = windowsOf(fixed.assign(t));
            expect(
              (only!.start - offsetMs) % sizeMs === 0 &&
                only!.start <= t &&
                t < only!.end &&
                only!.end - only!.start === sizeMs,
            ).toBe(true);
          }
        },
      ),
    );
  });

  it('answer the same object for neighbours', () => {
    const fixed = windowAssigner({ urn: BEAM_WINDOW_FN.fixed, payload: { sizeMs: 10, offsetMs: 0 } });
    expect(fixed.assign(3)).toBe(fixed.assign(7));
    const sliding = windowAssigner({ urn: BEAM_WINDOW_FN.sliding, payload: { sizeMs: 10, periodMs: 5, offsetMs: 0 } });
    expect(sliding.assign(11)).toBe(sliding.assign(12));
  });
});
