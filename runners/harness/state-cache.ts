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
  readonly #pages = new Map<string, Kept>();
  /** Of each key the ids of its pages: what is written to a key may change every one of them. */
  readonly #ofKey = new Map<string, Set<string>>();
  #bytes = 0;

  constructor(private readonly limit: number = CACHE_BYTES) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** The answer where it is known. */
  look(call: StateCall, tokens: CacheTokens): StatePage | undefined {
    if (call.kind !== 'get') return undefined;
    const key = keyOf(call, tokens);
    if (key === undefined) return undefined;
    const id = pageId(key, call.token);
    const kept = this.#pages.get(id);
    if (kept === undefined) return undefined;
    this.#pages.delete(id);
    this.#pages.set(id, kept);
    return kept.page;
  }

  /** The engine has carried out a call. */
  learn(call: StateCall, page: StatePage, tokens: CacheTokens): void {
    const key = keyOf(call, tokens);
    if (key === undefined) return;
    switch (call.kind) {
      case 'get':
        this.#put(key, call.token, page);
        break;
      case 'clear':
        this.#forget(key);
        this.#put(key, undefined, NO_PAGE);
        break;
      case 'append': {
        const known = this.#pages.get(pageId(key, undefined))?.page;
        this.#forget(key);
        // Of what has more pages the first one alone does not say what is behind the last.
        if (known !== undefined && known.next === undefined)
          this.#put(key, undefined, { data: Buffer.concat([known.data, call.data]) });
      }
    }
  }

  #put(key: string, from: Uint8Array | undefined, page: StatePage): void {
    const id = pageId(key, from);
    this.#drop(id);
    this.#pages.set(id, { key, page });
    const ids = this.#ofKey.get(key);
    if (ids === undefined) this.#ofKey.set(key, new Set([id]));
    else ids.add(id);
    this.#bytes += sizeOf(id, page);
    for (const [oldest] of this.#pages) {
      if (this.#bytes <= this.limit) return;
      this.#drop(oldest);
    }
  }

  #forget(key: string): void {
    for (const id of [...(this.#ofKey.get(key) ?? [])]) this.#drop(id);
  }

  #drop(id: string): void {
    const kept = this.#pages.get(id);
    if (kept === undefined) return;
    this.#pages.delete(id);
    const ids = this.#ofKey.get(kept.key)!;
    ids.delete(id);
    if (ids.size === 0) this.#ofKey.delete(kept.key);
    this.#bytes -= sizeOf(id, kept.page);
  }
}

interface Kept {
  readonly key: string;
  readonly page: StatePage;
}

const sizeOf = (id: string, { data }: StatePage): number => id.length + data.length + ENTRY_BYTES;
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** What a call is about, under the token of its bundle. */
function keyOf(call: StateCall, tokens: CacheTokens): string | undefined {
  const token = tokens.of(call.key);
  if (token === undefined) return undefined;
  const key = latin1(toBinary(StateKeySchema, create(StateKeySchema, call.key)));
  return `${token.length}:${token}${key}`;
}

function pageId(key: string, from: Uint8Array | undefined): string {
  const token = from === undefined ? '' : latin1(from);
  return `${token.length}:${token}${key}`;
}
