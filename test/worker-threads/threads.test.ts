import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createLink, endLink, type LinkMemory, LinkReceiver } from '#millrace/runners/worker-threads/link.js';
import { createMailboxes, Mailbox, spin } from '#millrace/runners/worker-threads/mailbox.js';
import { frame, random } from './support/frames.mjs';

interface Sender {
  readonly worker: Worker;
  readonly receiver: LinkReceiver;
  readonly mailbox: Mailbox;
  readonly result: Promise<{ done?: boolean; parks?: number; error?: string }>;
}

function startSender(link: LinkMemory, job: { name: string; [key: string]: unknown }): Sender {
  const mailboxes = createMailboxes(2);
  const worker = new Worker(new URL('./support/link-worker.mjs', import.meta.url), {
    workerData: { link, mailboxes, job },
  });
  const peer = new Mailbox(mailboxes, 1);
  const result = new Promise<{ done?: boolean }>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`exit ${code}`)));
  });
  result.catch(() => {});
  return {
    worker,
    mailbox: new Mailbox(mailboxes, 0),
    receiver: new LinkReceiver(link, 'the sender', () => peer.wake()),
    result,
  };
}

describe('a link between two threads', () => {
  it.each([
    { spinMicroseconds: 0, capacity: 1024, creditBytes: 4096 },
    { spinMicroseconds: 50, capacity: 1 << 16, creditBytes: 1 << 14 },
  ])('carries random frames intact while both sides park and wake ($capacity bytes)', async (o) => {
    const link = createLink({ channels: 5, capacity: o.capacity, creditBytes: o.creditBytes });
    const frames = 5000;
    const job = { name: 'frames', seed: 7, frames, maxBytes: 3000, spinMicroseconds: o.spinMicroseconds };
    const { receiver, mailbox, result } = startSender(link, job);
    const next = random(7);
    const sequence = new Array<number>(5).fill(0);
    let count = 0;
    const onFrame = (channel: number, kind: number, payload: Uint8Array): void => {
      const expectedChannel = next() % 5;
      const length = next() % 3000;
      expect(channel).toBe(expectedChannel);
      expect(kind).toBe(count & 0xff);
      expect(Buffer.compare(payload, frame(channel, sequence[channel]!++, length))).toBe(0);
      count++;
      receiver.taken(channel, payload.length);
    };
    while (count < frames) if (receiver.receive(onFrame, 1 << 20) === 0) await mailbox.park(() => receiver.hasFrames());
    expect(await result).toMatchObject({ done: true });
  });

  it('stops a fast sender at the credit of a slow consumer, and lets its thread sleep', async () => {
    const creditBytes = 1 << 20;
    const link = createLink({ channels: 1, capacity: 1 << 16, creditBytes });
    const { receiver, mailbox, result } = startSender(link, { name: 'bytes', bytes: 10_000, frames: 3000 });
    const held: Uint8Array[] = [];
    let heldBytes = 0;
    let most = 0;
    let count = 0;
    const onFrame = (_channel: number, _kind: number, payload: Uint8Array): void => {
      held.push(payload);
      heldBytes += payload.length;
      most = Math.max(most, heldBytes);
      count++;
    };
    while (count < 3000) {
      // Everything that can come is let in before the consumer takes one batch.
      while (receiver.receive(onFrame, 1e9) > 0 || spin(() => receiver.hasFrames(), 200));
      // The first one is taken when the sender has come as far as it may, however long that takes.
      if (count < 3000 && most + 10_016 < creditBytes) {
        await mailbox.park(() => receiver.hasFrames());
        continue;
      }
      for (const payload of held.splice(0, 50)) {
        heldBytes -= payload.length;
        receiver.taken(0, payload.length);
      }
      if (count < 3000 && held.length === 0) await mailbox.park(() => receiver.hasFrames());
    }
    expect(await result).toMatchObject({ done: true });
    expect(most).toBeGreaterThan(creditBytes / 2);
    expect(most).toBeLessThan(creditBytes + 10_016);
  });

  it('tells the receiver of a thread that died in the middle of a frame', async () => {
    const link = createLink({ channels: 1, capacity: 1024, creditBytes: 1 << 20 });
    const { worker, receiver } = startSender(link, { name: 'die' });
    // Nothing is taken before the end, so that the frame cannot have come through as a whole.
    await once(worker, 'exit');
    endLink(link, 'sender');
    expect(receiver.receive(() => {}, 1e9)).toBe(1024);
    expect(() => receiver.receive(() => {}, 1e9)).toThrow(/the sender ended/);
  });

  it('tells a parked sender that its receiver has gone', async () => {
    const link = createLink({ channels: 1, capacity: 1024, creditBytes: 1 << 10 });
    const { receiver, mailbox, result } = startSender(link, { name: 'bytes', bytes: 5000, frames: 10 });
    while (receiver.receive(() => {}, 1e9) === 0) await mailbox.park(() => receiver.hasFrames());
    endLink(link, 'receiver');
    receiver.wakePeer();
    expect(await result).toEqual({ error: 'THREAD_ENDED' });
  });
});
