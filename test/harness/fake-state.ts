import { create, toBinary } from '@bufbuild/protobuf';
import { StateKeySchema } from '#millrace/runners/beam/generated/fn_state_pb.js';
import type { StateCall, StateKey, StatePage, StateService } from '#millrace/runners/harness/state-calls.js';

/** An engine's state in memory, whose pages hold so many bytes. */
export class FakeState implements StateService {
  readonly #kept = new Map<string, Uint8Array>();
  /** What was asked for, as lists that came at one go. */
  readonly asked: (readonly StateCall[])[] = [];
  /** How often the bundle had to wait in place. */
  waits = 0;

  constructor(private readonly pageBytes = Number.POSITIVE_INFINITY) {}

  async call(calls: readonly StateCall[]): Promise<readonly StatePage[]> {
    this.asked.push(calls);
    return calls.map((call) => this.#answer(call));
  }

  callNow(calls: readonly StateCall[]): readonly StatePage[] {
    this.asked.push(calls);
    this.waits++;
    return calls.map((call) => this.#answer(call));
  }

  /** Puts encoded values behind a key. */
  put(key: StateKey, data: Uint8Array): void {
    const id = idOf(key);
    this.#kept.set(id, Buffer.concat([this.#kept.get(id) ?? new Uint8Array(), data]));
  }

  get bytes(): number {
    return [...this.#kept.values()].reduce((sum, { length }) => sum + length, 0);
  }

  #answer(call: StateCall): StatePage {
    switch (call.kind) {
      case 'get': {
        const kept = this.#kept.get(idOf(call.key)) ?? new Uint8Array();
        const from = call.token === undefined ? 0 : Number(Buffer.from(call.token).toString());
        const until = Math.min(kept.length, from + this.pageBytes);
        const data = new Uint8Array(kept.subarray(from, until));
        return until < kept.length ? { data, next: Buffer.from(String(until)) } : { data };
      }
      case 'append':
        this.put(call.key, call.data);
        return { data: new Uint8Array() };
      case 'clear':
        this.#kept.delete(idOf(call.key));
        return { data: new Uint8Array() };
    }
  }
}

const idOf = (key: StateKey): string =>
  Buffer.from(toBinary(StateKeySchema, create(StateKeySchema, key))).toString('latin1');
