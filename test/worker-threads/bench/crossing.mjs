// What it costs a record to cross from one thread to another, in nanoseconds for each side: `npm run bench:crossing`.
// First each way in one thread, so that nothing but the work is measured: the sender's part for some batches, then the
// receiver's; rounds of all ways are interleaved, medians printed. Then the runner's way between two threads.
import { BATCH, batchesOf } from './batches.mjs';
import { SHAPES } from './shapes.mjs';
import { betweenThreads } from './two-threads.mjs';
import { WAYS } from './ways.mjs';

const BATCHES = 4;
const ROUNDS = 8;
/** Goes of a way in one round: what the other ways have left in the caches is over after the first of them. */
const GOES = 25;
const REPEATS = 5;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const perRecord = (milliseconds) => ((milliseconds / (BATCH * BATCHES)) * 1e6).toFixed(0);

function check(back, batch) {
  for (const i of [0, 17, BATCH - 1]) {
    const same = JSON.stringify([back.keys[i], back.values[i]]) === JSON.stringify([batch.keys[i], batch.values[i]]);
    if (!same || back.timestamps[i] !== batch.timestamps[i]) throw new Error(`record ${i} came back as another one`);
  }
}

function measure(name, shape) {
  const batches = batchesOf(shape.make, BATCHES);
  const ways = Object.values(WAYS).map((open) => ({ parts: open(name, shape), sent: [], received: [] }));
  for (const { parts } of ways) parts?.begin?.(batches[0]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { parts, sent, received } of ways) {
      for (let go = 0; go < GOES && parts !== undefined; go++) {
        const start = performance.now();
        for (const batch of batches) parts.send(batch);
        const between = performance.now();
        let back;
        for (let i = 0; i < BATCHES; i++) back = parts.receive();
        received.push(performance.now() - between);
        sent.push(between - start);
        check(back, batches[BATCHES - 1]);
      }
    }
  }
  return ways.map(({ parts, sent, received }) =>
    parts === undefined ? '–' : `${perRecord(median(sent))} + ${perRecord(median(received))}`,
  );
}

async function measureThreads(name, records) {
  const runs = [];
  for (let i = 0; i < REPEATS; i++) runs.push(await betweenThreads(name, records));
  const of = (figure) => median(runs.map((run) => run[figure]));
  return [`${of('send').toFixed(0)} + ${of('receive').toFixed(0)}`, (of('perSecond') / 1e6).toFixed(1)];
}

const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

console.log(`ns a record, sender + receiver, in one thread; batches of ${BATCH}, Node ${process.version}\n`);
row(['', ...Object.keys(WAYS)]);
row(['', ...Object.keys(WAYS)].map(() => '---'));
for (const [name, shape] of Object.entries(SHAPES)) row([name, ...measure(name, shape)]);

console.log('\nthe ring between two threads, from cold code on\n');
row(['', 'ns of CPU, sender + receiver', 'M records/s']);
row(['---', '---', '---']);
for (const [name, { threaded }] of Object.entries(SHAPES)) row([name, ...(await measureThreads(name, threaded))]);
