import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ChannelCoder } from '#millrace/runners/worker-threads/channel-coder.js';
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
const channels = Array.from({ length: 12 }, (_, i) => `channel ${i}`);
const nothing = (): void => {};

/** Both ends of a link that has room for eight markers. */
function joined(): { readonly from: ThreadLinks; readonly to: ThreadLinks } {
  const plan = { from: 0, to: 1, channels };
  const links = [{ plan, memory: createLink({ channels: channels.length, capacity: 64, creditBytes: 1 }) }];
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

  it('keep the order of what waits, and let a newer watermark overtake an older one', async () => {
    const { from, to } = joined();
    const receiver = to.receiver('channel 0', coder, nothing);
    const sender = from.sender('channel 0', coder, nothing);
    for (let timestamp = 0; timestamp < 20; timestamp++) sender.mark({ kind: 'watermark', timestamp });
    sender.mark({ kind: 'barrier', epoch: 7, stop: true });
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
      { kind: 'barrier', epoch: 7, stop: true },
      { kind: 'end' },
    ]);
    expect(taken.length).toBeLessThan(10);
    expect(sender.full).toBe(false);
  });
});
