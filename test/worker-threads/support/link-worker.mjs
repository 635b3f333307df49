// The sending end of a link in a thread of its own. What it does is in workerData.job.
import { parentPort, workerData } from 'node:worker_threads';
import { LinkSender } from '#millrace/runners/worker-threads/link.js';
import { Mailbox, spin } from '#millrace/runners/worker-threads/mailbox.js';
import { frame, random } from './frames.mjs';

const { link, mailboxes, job } = workerData;
const main = new Mailbox(mailboxes, 0);
const own = new Mailbox(mailboxes, 1);
let parks = 0;
const sender = new LinkSender(link, 'main', () => main.wake());
parentPort.on('message', () => {});

async function send(channel, kind, payload) {
  while (!sender.trySend(channel, kind, payload)) {
    const ready = () => !sender.busy && sender.hasCredit(channel);
    if (spin(() => (sender.busy ? sender.flush() : ready()), job.spinMicroseconds ?? 20)) continue;
    parks++;
    await own.park(() => (sender.busy ? sender.flush() : ready()));
  }
}

async function finish() {
  while (sender.busy && !sender.flush()) await own.park(() => sender.flush());
}

try {
  if (job.name === 'frames') {
    // Random sizes over all channels, as the same seed says to the receiver.
    const next = random(job.seed);
    const sequence = new Array(link.channels).fill(0);
    for (let i = 0; i < job.frames; i++) {
      const channel = next() % link.channels;
      await send(channel, i & 0xff, frame(channel, sequence[channel]++, next() % job.maxBytes));
    }
    await finish();
  } else if (job.name === 'bytes') {
    const payload = new Uint8Array(job.bytes).fill(7);
    for (let i = 0; i < job.frames; i++) {
      await send(i % link.channels, 0, payload);
      // The event loop of a thread goes on turning.
      if (i % 1024 === 0) await new Promise(setImmediate);
    }
    await finish();
  } else if (job.name === 'die') {
    sender.trySend(0, 0, new Uint8Array(link.capacity * 2));
    process.exit(3);
  }
  parentPort.postMessage({ done: true, parks });
} catch (error) {
  parentPort.postMessage({ error: error.code ?? String(error) });
}
parentPort.unref();
