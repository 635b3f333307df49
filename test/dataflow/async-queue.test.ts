import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AsyncQueue, Slot } from '#millrace/runners/dataflow/async-queue.js';
import type { Marker } from '#millrace/runners/dataflow/channel.js';
import { AsyncCaller } from '#millrace/runners/kernel/index.js';

/** A queue whose calls end when the test says so. */
class Subject {
  readonly queue: AsyncQueue;
  readonly out: (number | Marker)[] = [];
  readonly open: { readonly slot: Slot; readonly settle: () => void }[] = [];
  private readonly caller: AsyncCaller;

  constructor(ordered: boolean) {
    this.queue = new AsyncQueue(ordered);
    // A function that only keeps how to settle it: a thenable settles in a microtask, so the slot is ended by hand.
    this.caller = new AsyncCaller({
      step: { fn: () => new Promise(() => {}), options: { concurrency: 1, ordered } },
      place: { name: 'Call', source: undefined },
      signal: new AbortController().signal,
      after: () => () => {},
      random: () => 0,
    });
  }

  call(element: number): void {
    const slot = new Slot(this.caller, () => {});
    this.queue.add(slot);
    slot.start(element);
    const settle = (): void => {
      slot.result = element;
      slot.open = false;
      this.queue.settle(slot);
    };
    this.open.push({ slot, settle });
  }

  settle(index: number): void {
    const [call] = this.open.splice(index % this.open.length, 1);
    call?.settle();
  }

  /** Takes out all that may leave. */
  take(): void {
    for (;;) {
      for (let slot = this.queue.ready; slot !== undefined; slot = this.queue.ready) {
        this.out.push(slot.result as number);
        this.queue.shift();
      }
      const marker = this.queue.takeMarker();
      if (marker === undefined) return;
      this.out.push(marker);
    }
  }
}

const watermark = (timestamp: number): Marker => ({ kind: 'watermark', timestamp });
const barrier = (epoch: number): Marker => ({ kind: 'barrier', epoch, oldest: epoch, stop: false });

type Action =
  | { readonly kind: 'call' | 'watermark' | 'barrier' | 'idle' }
  | { readonly kind: 'settle'; readonly index: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Action>({ kind: 'call' }) },
  { weight: 5, arbitrary: fc.nat(50).map((index): Action => ({ kind: 'settle', index })) },
  { weight: 2, arbitrary: fc.constantFrom<Action>({ kind: 'watermark' }, { kind: 'barrier' }, { kind: 'idle' }) },
);

/** Everything that went in, in order: numbers are elements. */
function play(subject: Subject, actions: readonly Action[]): (number | Marker)[] {
  const input: (number | Marker)[] = [];
  const mark = (marker: Marker): void => {
    input.push(marker);
    subject.queue.addMarker(marker);
  };
  let count = 0;
  let epochs = 0;
  for (const each of actions) {
    switch (each.kind) {
      case 'call':
        input.push(count);
        subject.call(count++);
        break;
      case 'settle':
        if (subject.open.length > 0) subject.settle(each.index);
        break;
      case 'watermark':
        mark(watermark(count));
        break;
      case 'barrier':
        mark(barrier(++epochs));
        break;
      case 'idle':
        mark({ kind: 'idle' });
    }
    subject.take();
  }
  return input;
}

/** The elements between two barriers, in order of value; what watermarks say is looked at apart. */
function epochsOf(sequence: readonly (number | Marker)[]): number[][] {
  const epochs: number[][] = [[]];
  for (const each of sequence) {
    if (typeof each === 'number') epochs.at(-1)!.push(each);
    else if (each.kind === 'barrier') epochs.push([]);
  }
  return epochs.map((epoch) => epoch.sort((a, b) => a - b));
}

describe.each([true, false])('the queue of an asynchronous step; ordered: %s', (ordered) => {
  it('lets nothing pass a marker, and all out in the end', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const subject = new Subject(ordered);
        const input = play(subject, actions);
        while (subject.open.length > 0) subject.settle(0);
        subject.take();
        const elements = (sequence: readonly (number | Marker)[]) =>
          sequence.filter((each) => typeof each === 'number');
        if (ordered) expect(elements(subject.out)).toEqual(elements(input));
        expect(epochsOf(subject.out)).toEqual(epochsOf(input));
        // A watermark has the number of elements before it: never more, never fewer of them are out when it comes.
        let out = 0;
        for (const each of subject.out) {
          if (typeof each === 'number') out++;
          else if (each.kind === 'watermark') expect(out).toBe(each.timestamp);
        }
        // The last marker of any kind is the last that was given: what is overtaken is overtaken by the same or more.
        const last = (sequence: readonly (number | Marker)[]) => sequence.findLast((each) => typeof each !== 'number');
        expect(last(subject.out)).toEqual(last(input));
      }),
    );
  });

  it('never lets out what is in flight, however the end is cut off, and no time beyond it', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const subject = new Subject(ordered);
        const input = play(subject, actions);
        const before = subject.out.length;
        const dropped = subject.open.map(({ slot }) => slot.element as number);
        const epoch = subject.queue.cutOff();
        subject.take();
        if (dropped.length === 0) {
          expect(epoch).toBeUndefined();
          return;
        }
        // The epoch is that of the first element of the input that never came out in its turn.
        const missing = Math.min(...dropped);
        const first = input
          .slice(0, input.indexOf(missing))
          .filter((each) => typeof each !== 'number' && each.kind === 'barrier');
        expect(epoch).toBe(first.length + 1);
        const barriers = (sequence: readonly (number | Marker)[]) =>
          sequence.filter((each) => typeof each !== 'number' && each.kind === 'barrier');
        expect(barriers(subject.out)).toEqual(barriers(input));
        for (const each of subject.out.slice(before)) {
          if (typeof each === 'number') expect(dropped).not.toContain(each);
          else expect(each.kind).toBe('barrier');
        }
      }),
    );
  });

  it('keeps one watermark of any number that wait behind a call', () => {
    const subject = new Subject(ordered);
    subject.call(0);
    for (let time = 0; time < 10_000; time++) {
      subject.queue.addMarker(watermark(time));
      if (time % 3 === 0) subject.queue.addMarker({ kind: 'idle' });
    }
    subject.queue.addMarker({ kind: 'end' });
    subject.settle(0);
    subject.take();
    expect(subject.out).toEqual([0, watermark(9_999), { kind: 'idle' }, { kind: 'end' }]);
  });
});
