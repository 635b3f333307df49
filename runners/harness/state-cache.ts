import { create, toBinary } from '@bufbuild/protobuf';
import type { ProcessBundleRequest_CacheToken } from '../beam/generated/fn_control_pb.js';
import { StateKeySchema } from '../beam/generated/fn_state_pb.js';
import { NO_PAGE, type StateCall, type StateKey, type StatePage } from './state-calls.js';

/** Kept for all bundles of a worker. */
const CACHE_BYTES = 64 << 20;
/** What an entry costs beside its bytes. */
const ENTRY_BYTES = 200;

/** The tokens of one bundle: under which an engine says that what was read before is still so. */
export class CacheTokens {
  #userState: string | undefined;
  readonly #sideInputs = new Map<string, string>();

  constructor(tokens: readonly ProcessBundleRequest_CacheToken[]) {
    for (const { type, token } of tokens) {
      const text = latin1(token);
      if (type.case === 'userState') this.#userState = text;
      else if (type.case === 'sideInput')
        this.#sideInputs.set(`${type.value.transformId}\0${type.value.sideInputId}`, text);
    }
  }

  /** The token of what a key stands for; undefined where it may not be kept. */
  of({ type }: StateKey): string | undefined {
    switch (type?.case) {
      case 'bagUserState':
      case 'multimapUserState':
      case 'multimapKeysUserState':
        return this.#userState;
      case 'iterableSideInput':
      case 'multimapSideInput':
      case 'multimapKeysSideInput':
        return this.#sideInputs.get(`${type.value.transformId}\0${type.value.sideInputId}`);
      default:
        return undefined;
    }
  }
}

/**
 * Pages of state, by token and key, those that were used last. All threads of a worker share it: a key may be worked on
 * by one thread now and by another later. What is written goes into it as well, because the engine gives a new token
 * where a bundle that has written fails.
 */
export class StateCache {
  /** Those used longest ago come first. */
  readonly #pages = new Map<string, StatePage>();
  #bytes = 0;

  constructor(private readonly limit: number = CACHE_BYTES) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** The answer where it is known. */
  look(call: StateCall, tokens: CacheTokens): StatePage | undefined {
    if (call.kind !== 'get') return undefined;
    const id = idOf(call, tokens);
    const page = id === undefined ? undefined : this.#pages.get(id);
    if (id === undefined || page === undefined) return undefined;
    this.#pages.delete(id);
    this.#pages.set(id, page);
    return page;
  }

  /** The engine has carried out a call. */
  learn(call: StateCall, page: StatePage, tokens: CacheTokens): void {
    const id = idOf(call, tokens);
    if (id === undefined) return;
    switch (call.kind) {
      case 'get':
        this.#put(id, page);
        break;
      case 'clear':
        this.#put(id, NO_PAGE);
        break;
      case 'append': {
        const known = this.#pages.get(id);
        // Of what has more pages the first one alone does not say what is behind the last.
        if (known !== undefined && known.next === undefined)
          this.#put(id, { data: Buffer.concat([known.data, call.data]) });
        else this.#drop(id);
      }
    }
  }

  #put(id: string, page: StatePage): void {
    this.#drop(id);
    this.#pages.set(id, page);
    this.#bytes += sizeOf(id, page);
    for (const [oldest] of this.#pages) {
      if (this.#bytes <= this.limit) return;
      this.#drop(oldest);
    }
  }

  #drop(id: string): void {
    const page = this.#pages.get(id);
    if (page === undefined) return;
    this.#pages.delete(id);
    this.#bytes -= sizeOf(id, page);
  }
}

const sizeOf = (id: string, { data }: StatePage): number => id.length + data.length + ENTRY_BYTES;
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function idOf(call: StateCall, tokens: CacheTokens): string | undefined {
  const token = tokens.of(call.key);
  if (token === undefined) return undefined;
  const from = call.kind === 'get' && call.token !== undefined ? latin1(call.token) : '';
  const key = latin1(toBinary(StateKeySchema, create(StateKeySchema, call.key)));
  return `${token.length}:${token}${from.length}:${from}${key}`;
}
