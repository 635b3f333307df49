import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { MillraceError } from '../../sdk/model/index.js';
import { envelopeOf } from './envelope.js';
import type { StateAnswer, StateAsk, StateCall, StatePage } from './state-calls.js';

/** An engine that does not answer for so long is gone. */
const ANSWER_TIMEOUT_MS = 5 * 60_000;

type Pending = { readonly resolve: (pages: readonly StatePage[]) => void; readonly reject: (error: Error) => void };

/**
 * The way of a kernel thread to the engine's state. Questions go through a port of their own; who waits in place sleeps on a
 * word of shared memory that the I/O thread counts up with each answer, and then looks into the port itself.
 */
export class StatePort {
  readonly #port: MessagePort;
  readonly #answers: Int32Array;
  readonly #pending = new Map<number, Pending>();
  readonly #timeoutMs: number;
  #lastId = 0;

  constructor(port: MessagePort, answers: SharedArrayBuffer, timeoutMs = ANSWER_TIMEOUT_MS) {
    this.#port = port;
    this.#answers = new Int32Array(answers);
    this.#timeoutMs = timeoutMs;
    port.on('message', (answer: StateAnswer) => this.#deliver(answer));
    // Whoever waits for state has a bundle, and that keeps the thread.
    port.unref();
  }

  call(endpoint: string, instructionId: string, calls: readonly StateCall[]): Promise<readonly StatePage[]> {
    const id = this.#ask(endpoint, instructionId, calls);
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  callNow(endpoint: string, instructionId: string, calls: readonly StateCall[]): readonly StatePage[] {
    const id = this.#ask(endpoint, instructionId, calls);
    const deadline = performance.now() + this.#timeoutMs;
    for (;;) {
      // Read before the port is looked into, so that an answer in between wakes at once.
      const seen = Atomics.load(this.#answers, 0);
      const received = receiveMessageOnPort(this.#port) as { message: StateAnswer } | undefined;
      if (received === undefined) {
        const left = deadline - performance.now();
        if (left <= 0) throw new MillraceError('REMOTE_TIMEOUT', 'external', 'the engine does not answer for state');
        Atomics.wait(this.#answers, 0, seen, left);
      } else if (received.message.id === id) {
        if ('error' in received.message) throw MillraceError.fromEnvelope(received.message.error);
        return received.message.pages;
      } else this.#deliver(received.message);
    }
  }

  close(): void {
    this.#port.close();
  }

  #ask(endpoint: string, instructionId: string, calls: readonly StateCall[]): number {
    const ask: StateAsk = { id: ++this.#lastId, endpoint, instructionId, calls };
    this.#port.postMessage(ask);
    return ask.id;
  }

  /** To those that wait for a promise. */
  #deliver(answer: StateAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ('error' in answer) pending?.reject(MillraceError.fromEnvelope(answer.error));
    else pending?.resolve(answer.pages);
  }
}

/** The I/O thread's end: hands questions to `carryOut`, and wakes the kernel thread with each answer. */
export function serveState(
  port: MessagePort,
  answers: SharedArrayBuffer,
  carryOut: (ask: StateAsk) => Promise<readonly StatePage[]>,
): void {
  const counter = new Int32Array(answers);
  const answer = (message: StateAnswer): void => {
    port.postMessage(message);
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
  };
  port.on('message', (ask: StateAsk) => {
    carryOut(ask).then(
      (pages) => answer({ id: ask.id, pages }),
      (error: unknown) => answer({ id: ask.id, error: envelopeOf(error) }),
    );
  });
  port.unref();
}
