import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import {
  type BundleRef,
  type ErrorEnvelope,
  type LogRecord,
  MillraceError,
  type PipelineResult,
  type Plan,
  type Progress,
} from 'millrace';
import { cacheRoot, installed } from './cache.js';
import { missingCommands, type Service } from './service.js';

const run = promisify(execFile);

export const PRISM_VERSION = '2.77.0';
const MODULE = `github.com/apache/beam/sdks/v2/go/cmd/prism@v${PRISM_VERSION}`;
const DIRECTORY = `prism-${PRISM_VERSION}`;
const START_TIMEOUT_MS = 30_000;
/** For one job; a job that has not ended then is cancelled, and fails. */
const JOB_DEADLINE_MS = 60_000;

/** What a job is made of: its functions are in the bundle. */
export interface PrismProgram {
  readonly plan: Plan;
  readonly bundle?: BundleRef;
  /** The job has a worker pool of its own, as it has where no address of one is given. */
  readonly ownPool?: boolean;
}

/** A job under way. */
export interface PrismJob {
  /** Rejects with what refused the plan; a job that failed is a result. */
  readonly result: Promise<PrismResult>;
  stop(): void;
  drain(): void;
  cancel(): void;
}

export interface PrismResult extends PipelineResult {
  readonly logs: readonly LogRecord[];
  /** At the end. */
  readonly progress: Progress;
}

/** One Prism and one worker pool, for many jobs. */
export interface Prism {
  start(program: PrismProgram, deadlineMs?: number): PrismJob;
  /** Runs a plan to its end. */
  run(program: PrismProgram, deadlineMs?: number): Promise<PrismResult>;
  /** Runs all of them, several at a time, and answers in their order. */
  runAll(programs: readonly PrismProgram[], deadlineMs?: number): Promise<readonly PrismResult[]>;
  /** What Prism wrote last. */
  logTail(): string;
  dispose(): Promise<void>;
}

/**
 * The ways into a network namespace of one's own: as root, or as a user who may make user namespaces. Prism listens on
 * every interface whatever its flags say, so it runs where loopback is the only one, with everything that talks to it.
 */
const NAMESPACES: readonly (readonly string[])[] = [['--net'], ['--user', '--map-root-user', '--net']];
const LOOPBACK_UP = 'ip link set lo up && exec "$0" "$@"';

function namespace(): readonly string[] | undefined {
  return NAMESPACES.find(
    (flags) => missingCommands(['unshare', ...flags, 'sh', '-c', LOOPBACK_UP, 'true']) === undefined,
  );
}

export const prismService: Service<Prism> = {
  missing() {
    if (namespace() === undefined) return 'no right to make a network namespace (REMOTE_NO_NETNS)';
    return existsSync(join(cacheRoot(), DIRECTORY, 'prism')) ? undefined : missingCommands(['go', 'version']);
  },
  async start() {
    const dir = await installed(DIRECTORY, async (staging) => {
      await run('go', ['install', MODULE], { env: { ...process.env, GOBIN: staging }, maxBuffer: 16 << 20 });
    });
    return await startHost(join(dir, 'prism'));
  },
};

interface Answer {
  readonly id?: number;
  readonly ready?: true;
  readonly ended?: string;
  readonly failed?: ErrorEnvelope;
  readonly result?: PipelineResult;
  readonly logs?: readonly LogRecord[];
  readonly progress?: Progress;
  readonly error?: ErrorEnvelope;
}

async function startHost(binary: string): Promise<Prism> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-prism-'));
  const logFile = join(directory, 'prism.log');
  const host = resolve('test/support/services/prism-host.mjs');
  const child = spawn(
    'unshare',
    [...(namespace() ?? []), 'sh', '-c', LOOPBACK_UP, process.execPath, host, binary, logFile],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const jobs = new Jobs(child);
  await jobs.ready;
  return {
    start: (program, deadlineMs = JOB_DEADLINE_MS) => jobs.start(program, deadlineMs),
    run: (program, deadlineMs = JOB_DEADLINE_MS) => jobs.start(program, deadlineMs).result,
    async runAll(programs, deadlineMs = JOB_DEADLINE_MS) {
      const results: PrismResult[] = [];
      const queue = programs.entries();
      // Entries of one iterator: each lane takes the next program that none has taken.
      const lane = async () => {
        for (const [index, program] of queue) results[index] = await jobs.start(program, deadlineMs).result;
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      return results;
    },
    logTail: () => readFileSync(logFile, 'utf8').split('\n').slice(-40).join('\n'),
    async dispose() {
      await jobs.end();
      rmSync(directory, { recursive: true });
    },
  };
}

const LANES = 3;
const END_TIMEOUT_MS = 10_000;

/** Jobs under way in the host. Whatever ends the host rejects all of them. */
class Jobs {
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, { resolve: (result: PrismResult) => void; reject: (error: Error) => void }>();
  #nextId = 0;
  #broken: Error | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
    let start: { resolve: () => void; reject: (error: Error) => void } | undefined;
    this.ready = new Promise((resolve, reject) => {
      start = { resolve, reject };
      setTimeout(() => reject(new Error('Prism has not started in time')), START_TIMEOUT_MS).unref();
    });
    const fail = (error: Error) => {
      this.#broken ??= error;
      start?.reject(error);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    child.once('error', fail);
    child.once('exit', (code, signal) => fail(new Error(`the host of Prism ended (${signal ?? code})`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      if (answer.ready) start?.resolve();
      else if (answer.failed !== undefined) fail(MillraceError.fromEnvelope(answer.failed));
      else if (answer.ended !== undefined) fail(new Error(answer.ended));
      else this.#settle(answer);
    });
  }

  start({ plan, bundle, ownPool }: PrismProgram, deadlineMs: number): PrismJob {
    const id = this.#nextId++;
    const write = (message: object) => this.#child.stdin?.write(`${JSON.stringify({ id, ...message })}\n`);
    const result = new Promise<PrismResult>((resolve, reject) => {
      if (this.#broken !== undefined) {
        reject(this.#broken);
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      write({ plan, bundle, ownPool, deadlineMs });
    });
    return {
      result,
      stop: () => write({ verb: 'stop' }),
      drain: () => write({ verb: 'drain' }),
      cancel: () => write({ verb: 'cancel' }),
    };
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #settle({ id, result, logs, progress, error }: Answer): void {
    const job = this.#waiting.get(id ?? -1);
    this.#waiting.delete(id ?? -1);
    if (error !== undefined) job?.reject(MillraceError.fromEnvelope(error));
    else if (result !== undefined && logs !== undefined && progress !== undefined)
      job?.resolve({ ...result, logs, progress });
  }
}
