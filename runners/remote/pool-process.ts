import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type LogRecord, type LogSink, MillraceError } from '../../sdk/model/index.js';

const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 4_000;

/** A worker pool beside this process, for the time of one job. */
export interface PoolProcess {
  readonly endpoint: string;
  /** Settles when the process has ended, with what it ended by. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Starts a pool on a free port of loopback; it ends with this process, because its standard input then closes. */
export async function startPoolProcess(log: LogSink): Promise<PoolProcess> {
  const entry = fileURLToPath(new URL('../harness/pool-main.js', import.meta.url));
  const child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  createInterface({ input: child.stderr }).on('line', (line) => log(recordOf(line)));
  const endpoint = await firstLine(child, ended, (message) => log({ level: 'info', message }));
  return { endpoint, ended, stop: () => stop(child, ended) };
}

/** A log record as the pool writes it; anything else comes from Node or from the author's functions. */
function recordOf(line: string): LogRecord {
  if (line.startsWith('{')) {
    try {
      const record = JSON.parse(line) as Partial<LogRecord>;
      if (record.message !== undefined && record.level !== undefined) return record as LogRecord;
    } catch {
      // Somebody's text that begins with a brace.
    }
  }
  return { level: 'warn', message: line };
}

/** The address, on the first line; what follows was printed by the author's functions. */
async function firstLine(child: ChildProcess, ended: Promise<string>, onLine: (line: string) => void): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  try {
    return await Promise.race([
      new Promise<string>((resolve) => lines.once('line', resolve)),
      ended.then((how) => {
        throw new MillraceError('REMOTE_POOL', 'runner', `the worker pool ended before it listened: ${how}`);
      }),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          child.kill('SIGKILL');
          reject(new MillraceError('REMOTE_POOL', 'runner', 'the worker pool did not listen in time'));
        }, START_TIMEOUT_MS);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    lines.on('line', onLine);
  }
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
