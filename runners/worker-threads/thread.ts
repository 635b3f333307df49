import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../sdk/model/errors.js';
import { Calls } from './calls.js';
import type { MainMethods, ThreadData, ThreadMethods } from './thread-protocol.js';

/** How long a thread that is asked to end may take before it is ended. */
const GRACE_MS = 2_000;

/** A worker thread as the main thread sees it: its calls, and that it is gone. */
export class Thread {
  readonly calls: Calls<MainMethods, ThreadMethods>;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  /** Is expected to end, or has ended. */
  #ending = false;

  constructor(data: ThreadData, methods: MainMethods, onDeath: (error: MillraceError) => void) {
    const name = `thread ${data.thread}`;
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: data, name: `millrace ${name}` });
    this.calls = new Calls<MainMethods, ThreadMethods>(this.#worker, methods);
    const die = (error: MillraceError): void => {
      if (!this.#ending) onDeath(error);
      this.#ending = true;
      this.calls.end(error);
    };
    this.#worker.on('error', (cause) => die(crashed(name, cause)));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        die(ended(name, code));
        resolve();
      });
    });
  }

  /** Lets the thread end by itself, so that what it wrote to the console arrives; by force when it does not. */
  async end(): Promise<void> {
    this.#ending = true;
    this.calls.tell('exit', null);
    const timer = setTimeout(() => this.kill(), GRACE_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Ends the thread whatever it does; its open calls are rejected. */
  kill(): void {
    void this.#worker.terminate();
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
