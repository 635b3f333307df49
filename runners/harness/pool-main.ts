/**
 * A worker pool as a process of its own: listens on a free port of loopback, says where on the first line of its
 * output, writes log records as lines of JSON to standard error, and ends by SIGTERM or when its standard input closes,
 * that is with the process that started it.
 */
import { startWorkerPool } from './index.js';

const pool = await startWorkerPool({
  log: (record) => process.stderr.write(`${JSON.stringify(record)}\n`),
});
process.stdout.write(`${pool.endpoint}\n`);

const end = () => {
  pool.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
};
process.once('SIGTERM', end);
process.once('SIGINT', end);
process.stdin.once('end', end);
process.stdin.resume();
