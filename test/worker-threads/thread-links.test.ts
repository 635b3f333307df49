import { setImmediate as turn } from 'node:timers/promises';
import { GlobalWindow, NO_FIRING_PANE } from 'millrace';
import { valueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { Batch } from '#millrace/runners/kernel/index.js';
import type { ChannelCoder } from '#millrace/runners/worker-threads/channel-coder.js';
import { columnCoder } from '#millrace/runners/worker-threads/column-coder.js';
import { createLink } from '#millrace/runners/worker-threads/link.js';
import { createMailboxes } from '#millrace/runners/worker-threads/mailbox.js';
import { ThreadLinks } from '#millrace/runners/worker-threads/thread-links.js';

const coder: ChannelCoder = {
  step: undefined,
  values: {
    encode: () => {
      throw new Error('only markers are sent');
    },
    decode: () => [],
  },
};
const texts: ChannelCoder = { step: undefined, values: columnCoder(valueCoder()) };
const channels = Array.from({ length: 12 }, (_, i) => `channel ${i}`);
const nothing = (): void => {};

/** Both ends of a link that has room for eight markers. */
function joined(capacity = 64, creditBytes = 1): { readonly from: ThreadLinks; readonly to: ThreadLinks } {
  const plan = { from: 0, to: 1, channels };
  const links = [{ plan, memory: createLink({ channels: channels.length, capacity, creditBytes }) }];
  const mailboxes = createMailboxes(2);
  return { from: new ThreadLinks(0, links, mailboxes, 0), to: new ThreadLinks(1, links, mailboxes, 0) };
}

describe('the links of a thread', () => {
  it('send the last markers of more channels than a ring has room for before the thread ends', async () => {
    const { from, to } = joined();
    const receivers = channels.map((name) => to.receiver(name, coder, nothing));
    for (const name of channels) from.sender(name, coder, nothing).mark({ kind: 'end' });
    let isFlushed = false;
    const flushed = from
      .flush(() => false)
      .then(() => {
        isFlushed = true;
      });
    await turn();
    expect(isFlushed).toBe(false);
    while (receivers.some((receiver) => receiver.empty)) {
      to.receive();
      await turn();
    }
    await flushed;
    expect(receivers.map((receiver) => receiver.take())).toEqual(channels.map(() => ({ kind: 'end' })));
  });

  it('give up when nobody wants what they send', async () => {
    const { from } = joined();
    for (const name of channels) from.sender(name, coder, nothing).mark({ kind: 'end' });
    let isAborted = false;
    const flushed = from.flush(() => isAborted);
    await turn();
    isAborted = true;
    from.unpark();
    await flushed;
  });

  it('send a large batch in frames of one size, no faster than it is taken, and the marker after all of them', async () => {
    const { from, to } = joined(1 << 18, 1 << 19);
    const receiver = to.receiver('channel 0', texts, nothing);
    let spaces = 0;
    const sender = from.sender('channel 0', texts, () => spaces++);
    const batch = new Batch(false);
    for (let i = 0; i < 40; i++) batch.append(String(i).padEnd(50_000, '.'), i, GlobalWindow.INSTANCE, NO_FIRING_PANE);
    expect(sender.accept(batch)).toBe(false);
    sender.mark({ kind: 'watermark', timestamp: 7 });
    const flushed = from.flush(() => false);
    const sizes: number[] = [];
    let next = 0;
    for (let ended = false; !ended; await turn()) {
      to.receive();
      const frame = receiver.take();
      if (frame instanceof Batch) {
        sizes.push(frame.length);
        for (let i = 0; i < frame.length; i++, next++) {
          expect(frame.valueAt(i)).toBe(batch.valueAt(next));
          expect(frame.timestamps[i]).toBe(next);
        }
      } else if (frame !== undefined) {
        expect(frame).toEqual({ kind: 'watermark', timestamp: 7 });
        ended = true;
      }
    }
    await flushed;
    expect(next).toBe(40);
    // One element to see how large it is, then as many as make half a ring.
    expect(sizes.slice(0, 3)).toEqual([1, 2, 2]);
    expect(spaces).toBe(1);
  });

  it('keep the order of what waits, and let a newer watermark overtake an older one', async () => {
    const { from, to } = joined();
    const receiver = to.receiver('channel 0', coder, nothing);
    const sender = from.sender('channel 0', coder, nothing);
    for (let timestamp = 0; timestamp < 20; timestamp++) sender.mark({ kind: 'watermark', timestamp });
    sender.mark({ kind: 'barrier', epoch: 7, oldest: 7, stop: true });
    sender.mark({ kind: 'end' });
    expect(sender.full).toBe(true);
    const flushed = from.flush(() => false);
    const taken: unknown[] = [];
    while (taken.length === 0 || JSON.stringify(taken.at(-1)) !== '{"kind":"end"}') {
      to.receive();
      for (let frame = receiver.take(); frame !== undefined; frame = receiver.take()) taken.push(frame);
      await turn();
    }
    await flushed;
    expect(taken.slice(-3)).toEqual([
      { kind: 'watermark', timestamp: 19 },
      { kind: 'barrier', epoch: 7, oldest: 7, stop: true },
      { kind: 'end' },
    ]);
    expect(taken.length).toBeLessThan(10);
    expect(sender.full).toBe(false);
  });
});
