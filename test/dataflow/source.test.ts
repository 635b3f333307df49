import fc from 'fast-check';
import { GlobalWindow, MAX_TIMESTAMP, NO_FIRING_PANE, type SourceReader, type SplittableDoFn } from 'millrace';
import { valueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { batchOutput } from '#millrace/runners/dataflow/reader-output.js';
import { SourceOperator } from '#millrace/runners/dataflow/source-operator.js';
import { WaitingWork } from '#millrace/runners/dataflow/waiting-work.js';
import { Batch, OutputBuffer, OutputGate, type StepSpec } from '#millrace/runners/kernel/index.js';

interface Setting {
  readonly isBounded: boolean;
  /** How many records a reader has whenever it is asked, and how often. */
  readonly records: number;
  readonly polls: number;
  /** Whether a reader takes a while to be opened. */
  readonly later?: boolean;
}

/** A source with work for so many readers; written down is which of them emitted what. */
function source(readers: number, { isBounded, records, polls, later = false }: Setting) {
  const out: number[] = [];
  const gate = new OutputGate();
  let opened = 0;
  const open = (reader: number): SourceReader<number> => {
    let asked = 0;
    opened++;
    return {
      poll(to) {
        if (asked === polls) return 'done';
        asked++;
        for (let i = 0; i < records; i++) to.emit(reader, asked);
        return 'more';
      },
      watermark: () => asked,
      close() {},
    };
  };
  const splittable: SplittableDoFn<unknown, number, unknown, unknown> = {
    isBounded,
    restrictionCoder: valueCoder<unknown>(),
    initialRestriction: () => null,
    newTracker: () => ({
      tryClaim: () => true,
      trySplit: () => undefined,
      currentRestriction: () => null,
      progress: () => ({ completed: 0, remaining: 1 }),
      checkDone() {},
    }),
    open: (reader) => (later ? Promise.resolve(open(reader as number)) : open(reader as number)),
  };
  const accept = (batch: Batch): boolean => {
    for (let i = 0; i < batch.length; i++) out.push(batch.values[i] as number);
    return true;
  };
  const operator = new SourceOperator({
    step: { id: 'source', transform: { uniqueName: 'source' } } as StepSpec,
    splittable,
    context: { step: 'source', job: 'test' } as never,
    coder: () => {
      throw new Error('nothing is written down');
    },
    openOutput: batchOutput([new OutputBuffer(false, { accept }, gate)]),
    gate,
    clock: new VirtualClock(),
    wake: () => {},
    batchCapacity: 1_024,
  });
  const work = new Batch(false);
  for (let i = 0; i < readers; i++) {
    work.append({ element: i, restriction: null }, i, GlobalWindow.INSTANCE, NO_FIRING_PANE);
  }
  operator.process(work, 0);
  operator.onWatermark(MAX_TIMESTAMP);
  return { operator, gate, out, opened: () => opened };
}

describe('a source of many readers', () => {
  it('asks all of them in one go while they have little, for one batch and one watermark', () => {
    const { operator } = source(1_000, { isBounded: false, records: 1, polls: 3 });
    expect(operator.poll()).toBe('progress');
    expect(operator.polled).toBe(1_000);
    expect(operator.outputWatermark()).toBe(1);
  });

  it('goes round: a full batch of some is followed by the others', () => {
    const { operator, out } = source(4, { isBounded: false, records: 1_024, polls: 2 });
    for (let i = 0; i < 8; i++) expect(operator.poll()).toBe('full');
    expect(out.filter((_, i) => i % 1_024 === 0)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    expect(operator.poll()).toBe('progress');
    expect(operator.poll()).toBe('idle');
    expect(operator.outputWatermark()).toBe(MAX_TIMESTAMP);
  });

  it('leaves the others for later when its output is full', () => {
    const { operator, gate } = source(10, { isBounded: false, records: 1, polls: 3 });
    gate.blocked = true;
    operator.poll();
    expect(operator.polled).toBe(0);
    expect(operator.outputWatermark()).toBe(0);
  });

  it('has all unbounded work open at once, and bounded work one after the other', () => {
    const unbounded = source(50, { isBounded: false, records: 1, polls: 2 });
    unbounded.operator.poll();
    expect(unbounded.opened()).toBe(50);
    const bounded = source(50, { isBounded: true, records: 1, polls: 2 });
    bounded.operator.poll();
    expect(bounded.opened()).toBe(1);
    // What waits holds time back.
    expect(bounded.operator.outputWatermark()).toBe(1);
    while (bounded.operator.poll() !== 'idle');
    expect(bounded.out).toEqual([]);
    expect(bounded.operator.polled).toBe(100);
  });

  it('waits for a reader that takes a while to be opened', async () => {
    const { operator, opened } = source(2, { isBounded: false, records: 1, polls: 1, later: true });
    expect(operator.poll()).toBe('idle');
    expect([opened(), operator.outputWatermark()]).toEqual([1, 0]);
    await Promise.resolve();
    expect(operator.poll()).toBe('progress');
    await Promise.resolve();
    expect(operator.poll()).toBe('progress');
    expect(operator.polled).toBe(2);
  });
});

describe('work that waits', () => {
  it('is a queue that knows its least timestamp', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constant('shift' as const)), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const queue = new WaitingWork<{ readonly timestamp: number }>();
        const model: { readonly timestamp: number }[] = [];
        for (const step of all) {
          if (step === 'shift') expect(queue.shift()).toBe(model.shift());
          else {
            const entry = { timestamp: step };
            queue.push(entry);
            model.push(entry);
          }
          expect(queue.isEmpty).toBe(model.length === 0);
          expect(queue.least).toBe(Math.min(MAX_TIMESTAMP, ...model.map(({ timestamp }) => timestamp)));
        }
        expect(queue.takeAll()).toEqual(model);
        expect(queue.isEmpty).toBe(true);
      }),
    );
  });
});
