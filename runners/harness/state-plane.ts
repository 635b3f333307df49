import type { MessageInitShape } from '@bufbuild/protobuf';
import { MillraceError } from '../../sdk/model/index.js';
import {
  BeamFnState,
  type StateGetResponse,
  type StateRequestSchema,
  type StateResponse,
} from '../beam/generated/fn_state_pb.js';
import type { DuplexStream, GrpcConnection } from '../beam/grpc/connection.js';
import { CacheTokens, StateCache } from './state-cache.js';
import { NO_PAGE, type StateCall, type StatePage } from './state-calls.js';

type StateStream = DuplexStream<typeof BeamFnState.method.state.input, typeof BeamFnState.method.state.output>;

interface Waiting {
  readonly call: StateCall;
  readonly tokens: CacheTokens;
  readonly resolve: (page: StatePage) => void;
  readonly reject: (error: Error) => void;
}

/** One state stream, shared by all bundles of a worker, and what is kept of what it has answered. */
export class StatePlane {
  #stream: StateStream | undefined;
  readonly #waiting = new Map<string, Waiting>();
  readonly #tokens = new Map<string, CacheTokens>();
  readonly #cache = new StateCache();
  #lastId = 0;
  #lost: MillraceError | undefined;

  constructor(
    private readonly connection: GrpcConnection,
    private readonly onEnd: (error: unknown) => void,
  ) {}

  /** From now on what an instruction reads is kept under these tokens. */
  register(instructionId: string, tokens: CacheTokens): void {
    this.#tokens.set(instructionId, tokens);
  }

  unregister(instructionId: string): void {
    this.#tokens.delete(instructionId);
  }

  /** Sends all calls that the cache does not answer, then waits for all of them. */
  call(instructionId: string, calls: readonly StateCall[]): Promise<readonly StatePage[]> {
    const tokens = this.#tokens.get(instructionId) ?? NO_TOKENS;
    return Promise.all(calls.map((call) => this.#cache.look(call, tokens) ?? this.#ask(instructionId, call, tokens)));
  }

  close(): void {
    this.#stream?.end();
  }

  async #ask(instructionId: string, call: StateCall, tokens: CacheTokens): Promise<StatePage> {
    if (this.#lost !== undefined) throw this.#lost;
    this.#stream ??= this.#open();
    const id = String(++this.#lastId);
    const answered = new Promise<StatePage>((resolve, reject) =>
      this.#waiting.set(id, { call, tokens, resolve, reject }),
    );
    // Awaited together: a stream that breaks off leaves none of the two alone.
    const [page] = await Promise.all([
      answered,
      this.#stream.send({ id, instructionId, stateKey: call.key, request: requestOf(call) }),
    ]);
    return page;
  }

  /** When state is first asked for: most jobs have none. */
  #open(): StateStream {
    const stream = this.connection.bidi(BeamFnState.method.state);
    this.#read(stream).then(
      () => this.#lose(new MillraceError('REMOTE_PROTOCOL', 'external', 'the engine has ended the stream of state')),
      (error: unknown) => {
        this.#lose(error);
        this.onEnd(error);
      },
    );
    return stream;
  }

  async #read(stream: StateStream): Promise<void> {
    for await (const response of stream) this.#answer(response);
  }

  #answer({ id, error, response }: StateResponse): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting === undefined) return;
    if (error !== '') {
      waiting.reject(new MillraceError('REMOTE_STATE', 'external', `the engine refuses state: ${error}`));
      return;
    }
    const page = response.case === 'get' ? pageOf(response.value) : NO_PAGE;
    // In the order of the answers, which is that of the calls.
    this.#cache.learn(waiting.call, page, waiting.tokens);
    waiting.resolve(page);
  }

  #lose(error: unknown): void {
    this.#lost =
      error instanceof MillraceError
        ? error
        : new MillraceError('REMOTE_PROTOCOL', 'external', 'the stream of state broke off', { cause: error });
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
    this.#waiting.clear();
  }
}

const NO_TOKENS = new CacheTokens([]);

/** In arrays of its own: those of a message are parts of a larger one, which would be kept and copied along. */
function pageOf({ data, continuationToken }: StateGetResponse): StatePage {
  const own = new Uint8Array(data);
  return continuationToken.length === 0 ? { data: own } : { data: own, next: new Uint8Array(continuationToken) };
}

function requestOf(call: StateCall): NonNullable<MessageInitShape<typeof StateRequestSchema>['request']> {
  switch (call.kind) {
    case 'get':
      return { case: 'get', value: { continuationToken: call.token ?? new Uint8Array() } };
    case 'append':
      return { case: 'append', value: { data: call.data } };
    case 'clear':
      return { case: 'clear', value: {} };
  }
}
