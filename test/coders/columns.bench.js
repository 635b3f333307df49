// How fast a batch becomes columns and comes back, in one thread: `npm run build && node test/coders/columns.bench.js`.
// Each form runs the same fixed work, interleaved with the others; the median of the rounds is printed. Time is the CPU
// time of the process, so that a busy machine disturbs less.
import { deserialize, serialize } from 'node:v8';
import { decodeColumn, encodeColumn } from '../../dist/sdk/coders/column-batch.js';
import { BytesSource, encodeToBytes, GrowableSink, valueCoder } from '../../dist/sdk/coders/index.js';

const BATCH = 1_024;
const RECORDS = 400 * BATCH;
const ROUNDS = 7;

const words = Array.from({ length: 997 }, (_, i) => `word-${(i * 7919).toString(36)}`);
const shapes = {
  '{key: int, value: double}': (i) => ({ key: (i * 31) | 0, value: i / 3 }),
  '{key: string, value: 1}': (i) => ({ key: words[i % 997], value: 1 }),
  'strings of 6 to 9': (i) => words[i % 997],
  'lines of 100': (i) => `${words[i % 997]} `.padEnd(100, 'lorem ipsum '),
  'nested, 9 fields': (i) => ({
    id: i,
    name: words[i % 997],
    email: `${words[i % 997]}@example.com`,
    city: words[(i * 3) % 11],
    at: 1_700_000_000_000 + i,
    price: i / 7,
    open: i % 2 === 0,
    seller: { id: i % 100, rating: null },
  }),
  'three shapes mixed': (i) =>
    i % 10 === 0
      ? { kind: 'person', id: i, name: words[i % 997] }
      : i % 3 === 0
        ? { kind: 'auction', id: i, price: i / 3, until: i * 2 }
        : { kind: 'bid', auction: i, bidder: i % 1000, price: i, at: 1_700_000_000_000 + i },
};

const sink = new GrowableSink(1 << 20);
const forms = {
  columns(batch) {
    sink.reset();
    encodeColumn(batch, 0, batch.length, sink);
    const bytes = sink.toBytes();
    return [decodeColumn(new BytesSource(bytes), batch.length), bytes.length];
  },
  'value coder'(batch) {
    const coder = valueCoder();
    sink.reset();
    for (const value of batch) coder.encode(value, sink, true);
    const bytes = sink.toBytes();
    const source = new BytesSource(bytes);
    const back = [];
    for (let i = 0; i < batch.length; i++) back.push(coder.decode(source, true));
    return [back, bytes.length];
  },
  'structured clone': (batch) => [structuredClone(batch), 0],
  'v8.serialize'(batch) {
    const bytes = serialize(batch);
    return [deserialize(bytes), bytes.length];
  },
  JSON(batch) {
    const text = JSON.stringify(batch);
    return [JSON.parse(text), text.length];
  },
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

encodeToBytes(valueCoder(), 0);
console.log(`M records/s there and back (bytes a record); Node ${process.version}, batches of ${BATCH}\n`);
console.log(`| | ${Object.keys(forms).join(' | ')} |\n|${' --- |'.repeat(Object.keys(forms).length + 1)}`);
for (const [name, make] of Object.entries(shapes)) {
  const batch = Array.from({ length: BATCH }, (_, i) => make(i));
  const times = Object.fromEntries(Object.keys(forms).map((form) => [form, []]));
  const sizes = {};
  for (let round = 0; round < ROUNDS; round++)
    for (const [form, run] of Object.entries(forms)) {
      const start = process.cpuUsage();
      for (let n = 0; n < RECORDS; n += BATCH) [, sizes[form]] = run(batch);
      const { user, system } = process.cpuUsage(start);
      times[form].push((user + system) / 1e6);
    }
  const cells = Object.keys(forms).map((form) => {
    const speed = (RECORDS / median(times[form]) / 1e6).toFixed(1);
    return sizes[form] > 0 ? `${speed} (${Math.round(sizes[form] / BATCH)})` : speed;
  });
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
