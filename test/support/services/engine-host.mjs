/**
 * Runs an engine and a worker pool inside a network namespace that has only loopback, and jobs on them for the process
 * outside: JSON lines in ({ id, plan, bundle?, deadlineMs, ownPool?, tap? }, later perhaps { id, verb }, a method of its handle)
 * and out ({ id, result, logs, progress, tapped? } or { id, error }). Plain JavaScript, because Node runs it as it is. Arguments: what
 * the engine is called, the file for its log, and its command, in which {port}, {port2} … stand for free ports; the first one is
 * that of its Job API.
 */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { MillraceError } from 'millrace';
import { startWorkerPool } from '#millrace/runners/harness/index.js';
import { createRemoteRunner } from '#millrace/runners/remote/index.js';
import { startTap } from './tap.mjs';

const START_TIMEOUT_MS = 60_000;
const [name, logFile, ...command] = process.argv.slice(2);

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const envelope = (error) =>
  error instanceof MillraceError
    ? error.toEnvelope()
    : { code: 'ENGINE_HOST', kind: 'internal', message: String(error?.stack ?? error) };

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Resolves when something listens on the port; tries again at every refusal until the deadline. */
function listening(port, deadline = Date.now() + START_TIMEOUT_MS) {
  return new Promise((resolve, reject) => {
    const attempt = () => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
      socket.once('error', (error) => {
        if (Date.now() > deadline) reject(error);
        else setTimeout(attempt, 20);
      });
    };
    attempt();
  });
}

/**
 * Prism 2.77 keeps the files of all jobs in one map without a lock (jobservices/artifact.go): one that stages files while
 * another does, or while a worker fetches some, ends the process with "fatal error: concurrent map writes". So one job
 * starts at a time, from its staging until its worker has its files, or until it has ended before that.
 */
class Starts {
  #last = Promise.resolve();
  #started = () => {};

  /** Runs `start` when it is its turn; what it answers settles with the job. */
  next(start) {
    const job = this.#last.then(start);
    const fetched = new Promise((resolve) => {
      this.#last.then(() => {
        this.#started = resolve;
      });
    });
    const settled = job.then((running) => running.wait()).catch(() => undefined);
    this.#last = Promise.race([fetched, settled]).then(() => undefined);
    return job;
  }

  /** Hears what pools say. */
  hear({ message }) {
    if (message.endsWith('has the files of its job')) this.#started();
  }
}

/** Any number of jobs may start at a time. */
const AT_ONCE = { next: (start) => start(), hear: () => {} };

async function main() {
  const open = Object.keys(networkInterfaces()).filter((name) => name !== 'lo');
  if (open.length > 0)
    throw new MillraceError(
      'REMOTE_NO_NETNS',
      'external',
      `${name} listens on every interface, and here are ${open.join(', ')}: it is not started`,
    );
  const ports = { '{port}': await freePort(), '{port2}': await freePort(), '{port3}': await freePort() };
  const [program, ...args] = command.map((part) => part.replace(/\{port\d?\}/, (place) => String(ports[place])));
  const port = ports['{port}'];
  const log = openSync(logFile, 'a');
  const engine = spawn(program, args, { stdio: ['ignore', log, log] });
  const ended = new Promise((resolve) => engine.once('exit', (code, signal) => resolve(signal ?? code)));
  const end = async (code) => {
    engine.kill('SIGKILL');
    await ended;
    process.exit(code);
  };
  await Promise.race([
    listening(port),
    ended.then((how) => {
      throw new Error(`${name} ended with ${how}`);
    }),
  ]);
  const starts = name === 'Prism' ? new Starts() : AT_ONCE;
  const pool = await startWorkerPool({ threads: 2, log: (record) => starts.hear(record) });
  ended.then((how) => say({ ended: `${name} ended with ${how}` }));
  say({ ready: true });

  const jobs = new Map();
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, verb, ownPool, tap: tapOptions, ...job } = JSON.parse(line);
    if (verb !== undefined) {
      const job = jobs.get(id);
      job?.handle
        .then((handle) => handle[verb]())
        .catch((error) => job.logs.push({ level: 'error', message: error.message, fields: { code: error.code } }));
      continue;
    }
    const logs = [];
    const tapped = tapOptions && [];
    const tap = tapOptions && (await startTap(pool.endpoint, (line) => tapped.push(line), tapOptions));
    const runner = createRemoteRunner({
      endpoint: `127.0.0.1:${port}`,
      ...(ownPool !== true && { workerPool: tap?.endpoint ?? pool.endpoint }),
      deadlineMs: job.deadlineMs,
      log(record) {
        logs.push(record);
        starts.hear(record);
      },
    });
    const handle = starts.next(() => runner.run(programOf(job)));
    jobs.set(id, { handle, logs });
    handle
      .then((running) => running.wait())
      .then(
        async (result) => say({ id, result, logs, progress: (await handle).progress(), tapped }),
        (error) => say({ id, error: envelope(error) }),
      )
      .finally(() => {
        jobs.delete(id);
        tap?.close();
      });
  }
  await pool.close();
  await end(0);
}

function programOf({ plan, bundle }) {
  const nowhere = () => {
    throw new MillraceError('ENGINE_HOST', 'internal', 'functions are found by the workers');
  };
  return {
    plan,
    ...(bundle !== undefined && { bundle }),
    resolver: { resolve: nowhere, instantiate: nowhere },
  };
}

main().catch((error) => {
  say({ failed: envelope(error) });
  process.exitCode = 1;
});
