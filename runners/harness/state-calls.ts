import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ErrorEnvelope } from '../../sdk/model/index.js';
import type { StateKeySchema } from '../beam/generated/fn_state_pb.js';

/** Plain data, so that it crosses threads. */
export type StateKey = MessageInitShape<typeof StateKeySchema>;

/** What is asked of the state that an engine keeps. */
export type StateCall =
  | { readonly kind: 'get'; readonly key: StateKey; readonly token?: Uint8Array }
  | { readonly kind: 'append'; readonly key: StateKey; readonly data: Uint8Array }
  | { readonly kind: 'clear'; readonly key: StateKey };

/** What comes of a call: of a `get` a part of the values, of others nothing. */
export interface StatePage {
  readonly data: Uint8Array;
  /** Where the rest begins, where there is one. */
  readonly next?: Uint8Array;
}

export const NO_PAGE: StatePage = { data: new Uint8Array() };

/** The state and the side inputs of one bundle. Calls are carried out in order, those of one list at one go. */
export interface StateService {
  call(calls: readonly StateCall[]): Promise<readonly StatePage[]>;
  /** Waits in place. */
  callNow(calls: readonly StateCall[]): readonly StatePage[];
}

/** From a kernel thread to the I/O thread. */
export interface StateAsk {
  readonly id: number;
  /** Of the engine's state service. */
  readonly endpoint: string;
  readonly instructionId: string;
  readonly calls: readonly StateCall[];
}

/** And back. */
export type StateAnswer =
  | { readonly id: number; readonly pages: readonly StatePage[] }
  | { readonly id: number; readonly error: ErrorEnvelope };
