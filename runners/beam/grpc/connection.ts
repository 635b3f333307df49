import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { Client, type ClientDuplexStream, type ClientReadableStream, credentials, Metadata } from '@grpc/grpc-js';
import { CHANNEL_OPTIONS } from './channel-options.js';
import { encodeMessage } from './codec.js';
import { callError } from './errors.js';
import { methodPath } from './method-path.js';
import { Outgoing } from './outgoing.js';

export interface ConnectionOptions {
  /** Sent with every call, `worker_id` for one. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export const CONNECT_TIMEOUT_MS = 5_000;
export const CALL_TIMEOUT_MS = 30_000;

/** One plaintext HTTP/2 connection to a service, with typed calls. Every call has a deadline, or is a stream with an end. */
export class GrpcConnection {
  readonly #client: Client;
  readonly #metadata: Readonly<Record<string, string>>;

  constructor(
    readonly endpoint: string,
    options: ConnectionOptions = {},
  ) {
    this.#client = new Client(endpoint, credentials.createInsecure(), CHANNEL_OPTIONS);
    this.#metadata = options.metadata ?? {};
  }

  /** Waits until the other side answers at all; REMOTE_UNREACHABLE otherwise. */
  async ready(timeoutMs = CONNECT_TIMEOUT_MS): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    await new Promise<void>((resolve, reject) => {
      this.#client.waitForReady(deadline, (error) => {
        if (error === undefined || error === null) resolve();
        else {
          const unavailable = Object.assign(new Error(error.message), {
            code: 14,
            details: `no connection within ${timeoutMs / 1_000} s`,
          });
          reject(callError(this.endpoint, 'the connection', unavailable));
        }
      });
    });
  }

  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<MessageShape<I>, MessageShape<O>>(
        methodPath(method),
        (message) => encodeMessage(method.input, message),
        (bytes) => fromBinary(method.output, bytes),
        create(method.input, request),
        this.#newMetadata(),
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          if (error !== null) reject(callError(this.endpoint, method.name, error));
          else if (response === undefined) reject(callError(this.endpoint, method.name, 'an empty answer'));
          else resolve(response);
        },
      );
    });
  }

  /** A stream of answers. Iterate it, and `cancel` it when enough was seen. */
  serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    timeoutMs?: number,
  ): IncomingStream<MessageShape<O>> {
    const call = this.#client.makeServerStreamRequest<MessageShape<I>, MessageShape<O>>(
      methodPath(method),
      (message) => encodeMessage(method.input, message),
      (bytes) => fromBinary(method.output, bytes),
      create(method.input, request),
      this.#newMetadata(),
      timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
    );
    return new IncomingStream(call, (error) => callError(this.endpoint, method.name, error));
  }

  bidi<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    timeoutMs?: number,
  ): DuplexStream<I, O> {
    const call = this.#client.makeBidiStreamRequest<MessageShape<I>, MessageShape<O>>(
      methodPath(method),
      (message) => encodeMessage(method.input, message),
      (bytes) => fromBinary(method.output, bytes),
      this.#newMetadata(),
      timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
    );
    return new DuplexStream(call, method.input, (error) => callError(this.endpoint, method.name, error));
  }

  close(): void {
    this.#client.close();
  }

  #newMetadata(): Metadata {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(this.#metadata)) metadata.set(key, value);
    return metadata;
  }
}

/** Messages that the other side streams. Cancelling it ends the iteration without an error. */
export class IncomingStream<O> implements AsyncIterable<O> {
  #cancelled = false;

  constructor(
    protected readonly call: ClientReadableStream<O> | ClientDuplexStream<never, O>,
    protected readonly toError: (error: unknown) => Error,
  ) {
    // Without a listener an error between two reads would end the process; the iteration reports it.
    call.on('error', () => undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<O> {
    try {
      for await (const message of this.call) yield message as O;
    } catch (error) {
      if (this.#cancelled) return;
      throw this.toError(error);
    }
  }

  cancel(): void {
    this.#cancelled = true;
    this.call.cancel();
  }
}

/** Messages both ways. */
export class DuplexStream<I extends DescMessage, O extends DescMessage> extends IncomingStream<MessageShape<O>> {
  readonly #outgoing: Outgoing<MessageShape<I>>;
  readonly #input: I;

  constructor(
    call: ClientDuplexStream<MessageShape<I>, MessageShape<O>>,
    input: I,
    toError: (error: unknown) => Error,
  ) {
    super(call as ClientReadableStream<MessageShape<O>>, toError);
    this.#outgoing = new Outgoing(call);
    this.#input = input;
  }

  /** Writes one message; waits where the other side is slower. A message for a stream that has ended is dropped. */
  send(message: MessageInitShape<I>): Promise<void> {
    return this.#outgoing.send(create(this.#input, message));
  }

  /** No more messages from this side. */
  end(): void {
    this.#outgoing.end();
  }
}
