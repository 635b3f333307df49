import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type ErrorEnvelope, MillraceError } from '../../sdk/model/errors.js';

/** What one thread lets another one call: each method has one argument that can be cloned, and may answer later. */
export type Methods<M> = { [K in keyof M]: (argument: never) => unknown };

type Argument<F> = F extends (argument: infer A) => unknown ? A : never;
type Answer<F> = F extends (argument: never) => infer R ? Awaited<R> : never;

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly argument: unknown }
  | { readonly kind: 'tell'; readonly method: string; readonly argument: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: ErrorEnvelope };

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Calls between two threads over a port: tagged messages, each call answered once. Whoever ends rejects every call that
 * is still open, so that nobody waits for a thread that is gone.
 */
export class Calls<Local extends Methods<Local>, Remote extends Methods<Remote>> {
  readonly #port: MessagePort;
  readonly #methods: Local;
  readonly #open = new Map<number, Pending>();
  readonly #onMessage = (message: Message): void => this.#receive(message);
  #nextId = 0;
  #ended: MillraceError | undefined;

  constructor(port: MessagePort, methods: Local) {
    this.#port = port;
    this.#methods = methods;
    port.on('message', this.#onMessage);
  }

  /** Calls a method of the other thread; rejects with its error, or with the reason of {@link end}. */
  call<K extends keyof Remote & string>(method: K, argument: Argument<Remote[K]>): Promise<Answer<Remote[K]>> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#post({ kind: 'call', id, method, argument });
    });
  }

  /** Calls a method whose answer nobody waits for; does nothing once the other thread is gone. */
  tell<K extends keyof Remote & string>(method: K, argument: Argument<Remote[K]>): void {
    if (this.#ended === undefined) this.#post({ kind: 'tell', method, argument });
  }

  /** Takes what has come and was not delivered yet: the other thread is gone. */
  drain(): void {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port))
      this.#receive(next.message as Message);
  }

  /** Rejects all open calls and every later one. */
  end(reason: MillraceError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#port.off('message', this.#onMessage);
    for (const pending of this.#open.values()) pending.reject(reason);
    this.#open.clear();
  }

  #post(message: Message): void {
    this.#port.postMessage(message);
  }

  #receive(message: Message): void {
    if (message.kind === 'answer' || message.kind === 'refusal') {
      const pending = this.#open.get(message.id);
      this.#open.delete(message.id);
      if (message.kind === 'answer') pending?.resolve(message.value);
      else pending?.reject(MillraceError.fromEnvelope(message.error));
    } else void this.#serve(message);
  }

  async #serve(message: Extract<Message, { kind: 'call' | 'tell' }>): Promise<void> {
    try {
      const method = this.#methods[message.method as keyof Local] as unknown as (argument: unknown) => unknown;
      const value = await method.call(this.#methods, message.argument);
      if (message.kind === 'call' && this.#ended === undefined) this.#post({ kind: 'answer', id: message.id, value });
    } catch (error) {
      // What is told must handle its own failures: nobody would hear of this one.
      if (message.kind === 'tell') throw error;
      if (this.#ended === undefined) this.#post({ kind: 'refusal', id: message.id, error: asEnvelope(error) });
    }
  }
}

/** Any thrown value as what crosses threads. */
export function asEnvelope(error: unknown): ErrorEnvelope {
  if (error instanceof MillraceError) return error.toEnvelope();
  return new MillraceError('INTERNAL', 'internal', 'an error that Millrace did not expect', {
    cause: error,
  }).toEnvelope();
}
