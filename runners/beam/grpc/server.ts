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
import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { MillraceError } from '../../../sdk/model/index.js';
import { CHANNEL_OPTIONS } from './channel-options.js';
import { encodeMessage } from './codec.js';
import { methodPath } from './method-path.js';
import { Outgoing } from './outgoing.js';

export interface CallContext {
  /** The first value of every metadata key of the call. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ServerStream<I, O extends DescMessage> extends CallContext {
  readonly messages: AsyncIterable<I>;
  send(message: MessageInitShape<O>): Promise<void>;
}

/** A gRPC server of typed methods: register, then `listen` on an address of this machine. */
export class GrpcServer {
  readonly #server = new Server(CHANNEL_OPTIONS);

  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    handle: (request: MessageShape<I>, context: CallContext) => Promise<MessageInitShape<O>>,
  ): this {
    const handler: handleUnaryCall<MessageShape<I>, MessageShape<O>> = (call, callback) => {
      handle(call.request, { metadata: flatten(call.metadata.getMap()) }).then(
        (response) => callback(null, create(method.output, response)),
        (error: unknown) => callback({ code: status.INTERNAL, details: String(error) }),
      );
    };
    return this.#register(method, handler, 'unary');
  }

  serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    handle: (
      request: MessageShape<I>,
      send: (message: MessageInitShape<O>) => Promise<void>,
      context: CallContext,
    ) => Promise<void>,
  ): this {
    const handler: handleServerStreamingCall<MessageShape<I>, MessageShape<O>> = (call) => {
      const outgoing = new Outgoing<MessageShape<O>>(call);
      handle(call.request, (message) => outgoing.send(create(method.output, message)), {
        metadata: flatten(call.metadata.getMap()),
      }).then(
        () => outgoing.end(),
        (error: unknown) => call.emit('error', { code: status.INTERNAL, details: String(error) }),
      );
    };
    return this.#register(method, handler, 'serverStream');
  }

  bidi<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    handle: (stream: ServerStream<MessageShape<I>, O>) => Promise<void>,
  ): this {
    const handler: handleBidiStreamingCall<MessageShape<I>, MessageShape<O>> = (call) => {
      const outgoing = new Outgoing<MessageShape<O>>(call);
      handle({
        messages: call as AsyncIterable<MessageShape<I>>,
        send: (message) => outgoing.send(create(method.output, message)),
        metadata: flatten(call.metadata.getMap()),
      }).then(
        () => outgoing.end(),
        (error: unknown) => call.emit('error', { code: status.INTERNAL, details: String(error) }),
      );
    };
    return this.#register(method, handler, 'bidi');
  }

  /** Answers the port that it listens on: `port`, or a free one where that is 0. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else
          reject(
            new MillraceError(
              'REMOTE_CANNOT_LISTEN',
              'external',
              `cannot listen on ${host}:${port}: ${error.message}`,
              {
                cause: error,
              },
            ),
          );
      });
    });
  }

  /** Ends every call and the listener. */
  close(): void {
    this.#server.forceShutdown();
  }

  #register<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O> | DescMethodServerStreaming<I, O> | DescMethodBiDiStreaming<I, O>,
    handler: UntypedHandleCall,
    type: 'unary' | 'serverStream' | 'bidi',
  ): this {
    this.#server.register<MessageShape<I>, MessageShape<O>>(
      methodPath(method),
      handler,
      (message) => encodeMessage(method.output, message),
      (bytes) => fromBinary(method.input, bytes),
      type,
    );
    return this;
  }
}

const flatten = (map: Record<string, string | Buffer>): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]));
