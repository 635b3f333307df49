#!/usr/bin/env node
// The job of examples/kafka-uppercase.ts beside a hand-written loop of kafkajs with the same guarantees, on a real broker:
//   npm run bench:kafka -- [--records 200000] [--bytes 100] [--partitions 4] [--repeats 5] [--rows loop,direct,worker-threads]
// Every row runs in a fresh process, rows interleaved, medians; what was written and committed is verified after each run.
import { execFile } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { bundleModule } from 'millrace/runners';
import { Topics } from './kafka/topics.js';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const ROWS = ['loop', 'direct', 'worker-threads'];

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '200000' },
    bytes: { type: 'string', default: '100' },
    partitions: { type: 'string', default: '4' },
    repeats: { type: 'string', default: '5' },
    rows: { type: 'string', default: ROWS.join(',') },
    /** A broker that runs already; one is started when absent. */
    bootstrapServers: { type: 'string' },
  },
});
const [records, bytes, partitions, repeats] = [values.records, values.bytes, values.partitions, values.repeats].map(
  Number,
);
const rows = values.rows.split(',');
const unknown = rows.filter((row) => !ROWS.includes(row));
if (unknown.length > 0 || ![records, bytes, partitions, repeats].every((number) => number >= 1)) {
  process.stderr.write(`rows are ${ROWS.join(', ')}; records, bytes, partitions and repeats are numbers from 1 on\n`);
  process.exit(2);
}

/** A broker as the tests have one. Its module is TypeScript, and takes the way that pipelines take. */
async function startBroker() {
  const { path } = await bundleModule(here('../support/services/kafka.ts'));
  const { KafkaBroker } = await import(pathToFileURL(path).href);
  return KafkaBroker.start();
}

const say = (text) => process.stderr.write(`${text}\n`);
const broker = values.bootstrapServers === undefined ? await startBroker() : undefined;
const bootstrapServers = values.bootstrapServers ?? broker.bootstrapServers;
const topics = new Topics(bootstrapServers);
/** Row → figures of its runs. */
const runs = new Map(rows.map((row) => [row, []]));
let wrong = 0;
try {
  await topics.connect();
  const input = await topics.create(`bench-${process.pid}-in`, partitions);
  await topics.fill(input, records, bytes);
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const row of rows) {
      const output = await topics.create(`bench-${process.pid}-${row}-${repeat}`, partitions);
      const groupId = `group-of-${output}`;
      await topics.untilReady(groupId, input);
      const task = JSON.stringify({ row, bootstrapServers, input, output, groupId, records });
      const { stdout } = await promisify(execFile)(process.execPath, [here('kafka/row.js'), task]);
      const fault = await topics.fault(input, output, groupId, records);
      if (fault !== undefined) wrong++;
      runs.get(row).push(JSON.parse(stdout));
      say(`${row}: ${stdout.trim()}${fault === undefined ? '' : ` WRONG: ${fault}`}`);
    }
  }
} finally {
  await topics.close();
  await broker?.dispose();
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const medianOf = (row, figure) => median(runs.get(row).map((run) => run[figure]));
const beside = (row, figure) =>
  runs.has('loop') ? `${(medianOf(row, figure) / medianOf('loop', figure)).toFixed(2)}×` : '';
const table = rows.map((row) => [
  ...[
    row,
    medianOf(row, 'seconds').toFixed(2),
    beside(row, 'seconds'),
    String(Math.round(records / medianOf(row, 'seconds'))),
  ],
  ...[medianOf(row, 'cpu_seconds').toFixed(2), beside(row, 'cpu_seconds'), String(medianOf(row, 'peak_rss_mb'))],
]);
const head = ['row', 'seconds', '× loop', 'records/s', 'CPU seconds', '× loop', 'peak MB'];
const widths = head.map((title, i) => Math.max(title.length, ...table.map((line) => line[i].length)));
const line = (cells) =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');

process.stdout.write(`
${os.cpus().length} × ${os.cpus()[0]?.model}, Node ${process.version}, one broker on the same machine
${records} records of ${bytes} bytes, ${partitions} partitions, in upper case to another topic: idempotent producer, acks=all,
offsets committed after the acknowledgement about once a second. From the start of the run, joining the group included, to
the last commit. Medians of ${repeats}, every run verified.

${[head, ...table].map(line).join('\n')}
`);
process.exitCode = wrong > 0 ? 1 : 0;
