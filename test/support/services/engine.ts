import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type BundleRef,
  type ErrorEnvelope,
  type LogRecord,
  MillraceError,
  type PipelineResult,
  type Plan,
  type Progress,
} from 'millrace';
import { missingCommands } from './service.js';

const START_TIMEOUT_MS = 90_000;
/** For one job; a job that has not ended then is cancelled, and fails. */
const JOB_DEADLINE_MS = 60_000;

/** What a job is made of: its functions are in the bundle. */
export interface EngineProgram {
  readonly plan: Plan;
  readonly bundle?: BundleRef;
  /** The job has a worker pool of its own, as it has where no address of one is given. */
  readonly ownPool?: boolean;
  /** What goes between the engine and the workers of this job is written down. */
  readonly tap?: TapOptions;
}

export interface TapOptions {
  /** The longest page in which state is answered; as the engine answers when absent. */
  readonly pageBytes?: number;
}

/** What was seen on the way between an engine and a worker, in order: messages as they were, in base64. */
export type TappedLine =
  | {
      readonly from: 'engine' | 'harness';
      readonly on: 'descriptor' | 'control' | 'data' | 'state';
      readonly worker: string;
      readonly bytes: string;
    }
  | { readonly from: 'engine'; readonly capabilities: readonly string[] }
  | { readonly from: 'function'; readonly says: string; readonly until?: string };

/** A job under way. */
export interface EngineJob {
  /** Rejects with what refused the plan; a job that failed is a result. */
  readonly result: Promise<EngineResult>;
  stop(): void;
  drain(): void;
  cancel(): void;
}

export interface EngineResult extends PipelineResult {
  readonly logs: readonly LogRecord[];
  /** At the end. */
  readonly progress: Progress;
  /** Where the job was tapped. */
  readonly tapped?: readonly TappedLine[];
}

/** One engine and one worker pool, for many jobs. */
export interface Engine {
  start(program: EngineProgram, deadlineMs?: number): EngineJob;
  /** Runs a plan to its end. */
  run(program: EngineProgram, deadlineMs?: number): Promise<EngineResult>;
  /** Runs all of them, several at a time, and answers in their order. */
  runAll(programs: readonly EngineProgram[], deadlineMs?: number): Promise<readonly EngineResult[]>;
  /** What the engine wrote last. */
  logTail(): string;
  dispose(): Promise<void>;
}

/**
 * The ways into a network namespace of one's own: as root, or as a user who may make user namespaces. Engines listen on
 * every interface whatever their flags say, so they run where loopback is the only one, with everything that talks to them.
 */
const NAMESPACES: readonly (readonly string[])[] = [['--net'], ['--user', '--map-root-user', '--net']];
const LOOPBACK_UP = 'ip link set lo up && exec "$0" "$@"';

export function namespace(): readonly string[] | undefined {
  return NAMESPACES.find(
    (flags) => missingCommands(['unshare', ...flags, 'sh', '-c', LOOPBACK_UP, 'true']) === undefined,
  );
}

interface Answer {
  readonly id?: number;
  readonly ready?: true;
  readonly ended?: string;
  readonly failed?: ErrorEnvelope;
  readonly result?: PipelineResult;
  readonly logs?: readonly LogRecord[];
  readonly progress?: Progress;
  readonly tapped?: readonly TappedLine[];
  readonly error?: ErrorEnvelope;
}

export interface EngineOptions {
  /** What it is called in errors. */
  readonly name: string;
  /** In which {port}, {port2} … stand for free ports, the first that of the Job API, and {directory} for a folder of its own. */
  readonly command: readonly string[];
  /** Jobs at a time. */
  readonly lanes: number;
}

/** Starts an engine and what talks to it. */
export async function startEngine({ name, command, lanes }: EngineOptions): Promise<Engine> {
  const directory = mkdtempSync(join(tmpdir(), `millrace-${name.toLowerCase()}-`));
  const logFile = join(directory, 'engine.log');
  const host = resolve('test/support/services/engine-host.mjs');
  const ownCommand = command.map((part) => part.replace('{directory}', directory));
  const child = spawn(
    'unshare',
    [...(namespace() ?? []), 'sh', '-c', LOOPBACK_UP, process.execPath, host, name, logFile, ...ownCommand],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const logTail = () => tailOf(readFileSync(logFile, 'utf8').trimEnd().split('\n'));
  const jobs = new Jobs(name, child, logTail);
  await jobs.ready;
  return {
    start: (program, deadlineMs = JOB_DEADLINE_MS) => jobs.start(program, deadlineMs),
    run: (program, deadlineMs = JOB_DEADLINE_MS) => jobs.start(program, deadlineMs).result,
    async runAll(programs, deadlineMs = JOB_DEADLINE_MS) {
      const results: EngineResult[] = [];
      const queue = programs.entries();
      // Entries of one iterator: each lane takes the next program that none has taken.
      const lane = async () => {
        for (const [index, program] of queue) results[index] = await jobs.start(program, deadlineMs).result;
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      return results;
    },
    logTail,
    async dispose() {
      await jobs.end();
      rmSync(directory, { recursive: true });
    },
  };
}

/** What an engine said last; of one in Go that broke down, what it said then, before it lists all that it was about. */
function tailOf(lines: readonly string[]): string {
  const panic = lines.findIndex((line) => /^(panic|fatal error): /.test(line));
  return (panic < 0 ? lines.slice(-TAIL_LINES) : lines.slice(panic, panic + TAIL_LINES)).join('\n');
}

const TAIL_LINES = 40;
const END_TIMEOUT_MS = 10_000;

/** Jobs under way in the host. Whatever ends the host rejects all of them. */
class Jobs {
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, { resolve: (result: EngineResult) => void; reject: (error: Error) => void }>();
  #nextId = 0;
  #broken: Error | undefined;

  constructor(name: string, child: ChildProcess, logTail: () => string) {
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
    let start: { resolve: () => void; reject: (error: Error) => void } | undefined;
    this.ready = new Promise((resolve, reject) => {
      start = { resolve, reject };
      setTimeout(() => reject(new Error(`${name} has not started in time`)), START_TIMEOUT_MS).unref();
    });
    const fail = (error: Error) => {
      this.#broken ??= error;
      start?.reject(error);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    child.once('error', fail);
    child.once('exit', (code, signal) => fail(new Error(`the host of ${name} ended (${signal ?? code})`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      if (answer.ready) start?.resolve();
      else if (answer.failed !== undefined) fail(MillraceError.fromEnvelope(answer.failed));
      else if (answer.ended !== undefined) fail(new Error(`${answer.ended}; the end of its log:\n${logTail()}`));
      else this.#settle(answer);
    });
  }

  start({ plan, bundle, ownPool, tap }: EngineProgram, deadlineMs: number): EngineJob {
    const id = this.#nextId++;
    const write = (message: object) => this.#child.stdin?.write(`${JSON.stringify({ id, ...message })}\n`);
    const result = new Promise<EngineResult>((resolve, reject) => {
      if (this.#broken !== undefined) {
        reject(this.#broken);
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      write({ plan, bundle, ownPool, tap, deadlineMs });
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

  #settle({ id, result, logs, progress, tapped, error }: Answer): void {
    const job = this.#waiting.get(id ?? -1);
    this.#waiting.delete(id ?? -1);
    if (error !== undefined) job?.reject(MillraceError.fromEnvelope(error));
    else if (result !== undefined && logs !== undefined && progress !== undefined)
      job?.resolve({ ...result, logs, progress, ...(tapped !== undefined && { tapped }) });
  }
}
