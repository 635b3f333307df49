import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLink, endLink, frameBytes, LinkReceiver, LinkSender } from '#millrace/runners/worker-threads/link.js';
import { frame } from './support/frames.mjs';

type Op =
  | { op: 'send'; channel: number; length: number }
  | { op: 'receive'; budget: number }
  | { op: 'take'; channel: number };

const CHANNELS = 3;
const CREDIT = 600;
const MAX_LENGTH = 900;
const channel = fc.nat(CHANNELS - 1);
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant('send' as const), channel, length: fc.nat(MAX_LENGTH) }),
  fc.record({ op: fc.constant('receive' as const), budget: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ op: fc.constant('take' as const), channel }),
);

describe('link', () => {
  it('keeps each channel in order, byte for byte, within its credit, for any order of work', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 300 }), (ops) => {
        const link = createLink({ channels: CHANNELS, capacity: 256, creditBytes: CREDIT });
        const sender = new LinkSender(link, 'b', () => {});
        const receiver = new LinkReceiver(link, 'a', () => {});
        const sent = Array.from({ length: CHANNELS }, () => 0);
        const got = Array.from({ length: CHANNELS }, () => 0);
        const lengths: number[][] = Array.from({ length: CHANNELS }, () => []);
        const held: number[][] = Array.from({ length: CHANNELS }, () => []);
        const onFrame = (c: number, kind: number, payload: Uint8Array): void => {
          const sequence = got[c]!++;
          expect(kind).toBe(sequence & 0xff);
          expect(payload).toEqual(frame(c, sequence, lengths[c]![sequence]!));
          expect(payload.byteOffset).toBe(0);
          held[c]!.push(payload.length);
        };
        for (const step of ops) {
          if (step.op === 'send') {
            const c = step.channel;
            const before = sender.outstanding(c);
            if (sender.trySend(c, sent[c]! & 0xff, frame(c, sent[c]!, step.length))) {
              expect(before).toBeLessThan(CREDIT);
              lengths[c]!.push(step.length);
              sent[c]!++;
            } else expect(sender.busy || before >= CREDIT).toBe(true);
            expect(sender.outstanding(c)).toBeLessThan(CREDIT + frameBytes(MAX_LENGTH));
          } else if (step.op === 'receive') receiver.receive(onFrame, step.budget);
          else {
            const length = held[step.channel]!.shift();
            if (length !== undefined) receiver.taken(step.channel, length);
          }
        }
        while (sender.busy) {
          sender.flush();
          receiver.receive(onFrame, 1e9);
        }
        receiver.receive(onFrame, 1e9);
        expect(got).toEqual(sent);
      }),
      { numRuns: 200 },
    );
  });

  it('sends what has no credit on another channel, and control frames on any', () => {
    const link = createLink({ channels: 2, capacity: 4096, creditBytes: 100 });
    const sender = new LinkSender(link, 'b', () => {});
    expect(sender.trySend(0, 1, new Uint8Array(100))).toBe(true);
    expect(sender.trySend(0, 1, new Uint8Array(1))).toBe(false);
    expect(sender.trySend(1, 1, new Uint8Array(1))).toBe(true);
    expect(sender.trySendControl(0, 2, new Uint8Array(0))).toBe(true);
  });

  it('wakes the sender when the credit or the space that it waits for comes back, and only then', () => {
    const link = createLink({ channels: 2, capacity: 256, creditBytes: 1000 });
    const sender = new LinkSender(link, 'b', () => {});
    let woken = 0;
    const receiver = new LinkReceiver(link, 'a', () => woken++);
    const frames: number[] = [];
    const onFrame = (c: number, _kind: number, payload: Uint8Array): void => {
      frames.push(payload.length);
      receiver.taken(c, payload.length);
    };
    sender.trySend(0, 0, new Uint8Array(8));
    receiver.receive(onFrame, 1e9);
    expect(woken).toBe(0);

    sender.trySend(0, 0, new Uint8Array(2000));
    expect(sender.busy).toBe(true);
    receiver.receive(onFrame, 1e9);
    expect(woken).toBe(1);
    while (!sender.flush()) receiver.receive(onFrame, 1e9);
    expect(sender.hasCredit(0)).toBe(false);
    expect(sender.hasCredit(1)).toBe(true);
    woken = 0;
    receiver.receive(onFrame, 1e9);
    expect(frames).toEqual([8, 2000]);
    expect(woken).toBe(1);
    expect(sender.hasCredit(0)).toBe(true);
  });

  it('fails the send to a thread that ended, and the receipt of half a frame', () => {
    const link = createLink({ channels: 1, capacity: 256, creditBytes: 1000 });
    const sender = new LinkSender(link, 'thread 2', () => {});
    const receiver = new LinkReceiver(link, 'thread 1', () => {});
    sender.trySend(0, 0, new Uint8Array(500));
    endLink(link, 'sender');
    expect(receiver.hasFrames()).toBe(true);
    receiver.receive(() => {}, 1e9);
    expect(() => receiver.receive(() => {}, 1e9)).toThrow(/thread 1 ended/);
    expect(receiver.hasFrames()).toBe(false);
    endLink(link, 'receiver');
    expect(() => sender.flush()).toThrow(/thread 2 ended/);
    expect(() => sender.trySend(0, 0, new Uint8Array(1))).toThrow(/thread 2 ended/);
  });
});
