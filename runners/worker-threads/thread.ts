import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { MillraceError } from '../../sdk/model/errors.js';
import type { BundleRef } from '../../sdk/model/index.js';
import { Calls } from './calls.js';
import type { MainMethods, ThreadData, ThreadMessage, ThreadMethods } from './thread-protocol.js';

/** How long a thread that is asked to end may take before it is ended. */
const GRACE_MS = 2_000;

/** What a thread does for one pipeline. */
interface Job {
  readonly name: string;
  readonly port: MessagePort;
  readonly calls: Calls<MainMethods, ThreadMethods>;
  readonly onDeath: (error: MillraceError) => void;
}

/**
 * A worker thread as the main thread sees it: the calls of the pipeline that it works for, and that it is gone. It may work
 * for several pipelines of one program, one after the other, each over a port of its own, so that nothing that an earlier
 * one says late is taken for a later one's. It keeps the process alive while it works, and not while it is idle.
 */
export class Thread {
  readonly #worker: Worker;
  /** Settles when the thread is gone. */
  readonly exited: Promise<void>;
  #job: Job | undefined;
  /** Is expected to end, or has ended. */
  #ending = false;

  constructor(
    /** The only program that it runs. */
    readonly bundle: BundleRef | undefined,
  ) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { name: 'millrace thread' });
    this.#worker.on('error', (cause) => this.#die((name) => crashed(name, cause)));
    this.exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#die((name) => ended(name, code));
        resolve();
      });
    });
  }

  /** Whether it can be given a pipeline when it is idle. */
  get isAlive(): boolean {
    return !this.#ending;
  }

  /** The calls of the pipeline that it works for. */
  get calls(): Calls<MainMethods, ThreadMethods> {
    return this.#job!.calls;
  }

  /** Gives it a pipeline. */
  begin(data: ThreadData, methods: MainMethods, onDeath: (error: MillraceError) => void): void {
    const { port1: port, port2 } = new MessageChannel();
    const calls = new Calls<MainMethods, ThreadMethods>(port, methods);
    this.#job = { name: `thread ${data.thread}`, port, calls, onDeath };
    this.#worker.ref();
    this.#post({ kind: 'begin', data, port: port2 }, [port2]);
  }

  /** The pipeline has ended; the thread is idle again, if it lives. */
  rest(): void {
    this.#finish();
    this.#worker.unref();
  }

  /** Lets the thread end by itself, so that what it wrote to the console arrives; by force when it does not. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#finish();
    this.#worker.ref();
    this.#post({ kind: 'exit' });
    const timer = setTimeout(() => this.kill(), GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** Ends the thread whatever it does; its open calls are rejected. */
  kill(): void {
    void this.#worker.terminate();
  }

  #finish(): void {
    const job = this.#job;
    if (job === undefined) return;
    this.#job = undefined;
    job.calls.end(new MillraceError('THREAD_ENDED', 'runner', `the pipeline of ${job.name} has ended`));
    job.port.close();
  }

  #post(message: ThreadMessage, transfer: readonly MessagePort[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #die(reason: (name: string) => MillraceError): void {
    const job = this.#job;
    if (job !== undefined) {
      const error = reason(job.name);
      // What it said before comes first.
      job.calls.drain();
      if (!this.#ending) job.onDeath(error);
      job.calls.end(error);
    }
    this.#ending = true;
  }
}

function crashed(name: string, cause: unknown): MillraceError {
  const memory = cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return memory
    ? new MillraceError('THREAD_OUT_OF_MEMORY', 'runner', `${name} ran out of memory`, {
        cause,
        hint: 'node --max-old-space-size=<MB> gives every thread a larger heap',
      })
    : new MillraceError('THREAD_FAILED', 'function', `an error outside of every step ended ${name}`, {
        cause,
        hint: 'a callback or a promise that nobody waits for threw it',
      });
}

function ended(name: string, code: number): MillraceError {
  return new MillraceError('THREAD_ENDED', 'runner', `${name} ended by itself with exit code ${code}`, {
    hint: 'the program must not call process.exit()',
  });
}
