// The runner's way between two real threads: one writes batches, the other one reads them. Run by crossing.mjs.
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createLink } from '#millrace/runners/worker-threads/link.js';
import { createMailboxes } from '#millrace/runners/worker-threads/mailbox.js';
import { ThreadLinks } from '#millrace/runners/worker-threads/thread-links.js';
import { batchesOf } from './batches.mjs';
import { SHAPES } from './shapes.mjs';
import { anything } from './ways.mjs';

const CHANNEL = 'channel';
const SPIN_MICROSECONDS = 20;

/** CPU time of this thread in ms, where the system tells it; the sleep of a thread that waits is not in it. */
function threadTime() {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

const linksOf = (own, { memory, mailboxes }) =>
  new ThreadLinks(own, [{ plan: { from: 0, to: 1, channels: [CHANNEL] }, memory }], mailboxes, SPIN_MICROSECONDS);

async function send({ name, records, ...shared }) {
  const links = linksOf(0, shared);
  const sender = links.sender(CHANNEL, anything, () => {});
  const batches = batchesOf(SHAPES[name].make, 16);
  const start = threadTime();
  for (let sent = 0, b = 0; sent < records; b++) {
    const batch = batches[b % batches.length];
    sent += batch.length;
    if (sender.accept(batch)) continue;
    while (sender.full) {
      await links.park();
      links.receive();
    }
  }
  await links.flush(() => false);
  return threadTime() - start;
}

/** Records a second, and ns of CPU a record of the sender and of the receiver. */
export async function betweenThreads(name, records) {
  const shared = {
    memory: createLink({ channels: 1, capacity: 1 << 18, creditBytes: 1 << 19 }),
    mailboxes: createMailboxes(2),
  };
  const links = linksOf(1, shared);
  const receiver = links.receiver(CHANNEL, anything, () => {});
  const worker = new Worker(new URL(import.meta.url), { workerData: { name, records, ...shared } });
  const sent = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  let taken = 0;
  let before = threadTime();
  let start = performance.now();
  while (taken < records) {
    links.receive();
    if (receiver.empty) {
      await links.park();
      continue;
    }
    // The start of the thread is no part of it.
    if (taken === 0) [before, start] = [threadTime(), performance.now()];
    while (!receiver.empty) taken += receiver.take().length;
  }
  const seconds = (performance.now() - start) / 1000;
  const received = threadTime() - before;
  const perRecord = (milliseconds) => (milliseconds / records) * 1e6;
  return { perSecond: records / seconds, send: perRecord(await sent), receive: perRecord(received) };
}

if (!isMainThread && workerData?.memory !== undefined) {
  // A thread that is parked has nothing else that keeps it alive.
  parentPort.on('message', () => {});
  parentPort.postMessage(await send(workerData));
  parentPort.unref();
}
