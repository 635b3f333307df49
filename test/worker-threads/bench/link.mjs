// Bytes and frames a second over one link, and the time of a wake-up. Run: node test/worker-threads/bench/link.mjs
import { Worker } from 'node:worker_threads';
import { createLink, LinkReceiver } from '#millrace/runners/worker-threads/link.js';
import { createMailboxes, Mailbox, spin } from '#millrace/runners/worker-threads/mailbox.js';

async function measure(bytes, frames, spinMicroseconds) {
  const link = createLink({ channels: 4, capacity: 1 << 20, creditBytes: 1 << 20 });
  const mailboxes = createMailboxes(2);
  const job = { name: 'bytes', bytes, frames, spinMicroseconds };
  const worker = new Worker(new URL('../support/link-worker.mjs', import.meta.url), {
    workerData: { link, mailboxes, job },
  });
  const peer = new Mailbox(mailboxes, 1);
  const own = new Mailbox(mailboxes, 0);
  const receiver = new LinkReceiver(link, 'sender', () => peer.wake());
  let count = 0;
  let parks = 0;
  const onFrame = (channel, _kind, payload) => {
    count++;
    receiver.taken(channel, payload.length);
  };
  const message = new Promise((resolve) => worker.once('message', resolve));
  while (count === 0) if (receiver.receive(onFrame, 1) === 0) await own.park(() => receiver.hasFrames());
  const start = performance.now();
  while (count < frames) {
    if (receiver.receive(onFrame, 1 << 18) > 0) continue;
    if (spinMicroseconds > 0 && spin(() => receiver.hasFrames(), spinMicroseconds)) continue;
    parks++;
    await own.park(() => receiver.hasFrames());
  }
  const seconds = (performance.now() - start) / 1000;
  const sender = await message;
  console.log(
    `${String(bytes).padStart(7)} B a frame, spin ${spinMicroseconds} us: ${(frames / seconds / 1e3).toFixed(0)} k frames/s, ` +
      `${((frames * bytes) / seconds / 1e6).toFixed(0)} MB/s; parks ${parks}, sender's ${sender.parks}`,
  );
}

for (const spinMicroseconds of [0, 20, 100]) {
  await measure(64, 1_000_000, spinMicroseconds);
  await measure(16_384, 100_000, spinMicroseconds);
  await measure(262_144, 5_000, spinMicroseconds);
}
