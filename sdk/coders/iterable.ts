import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import { BEAM_CODER } from '../model/urns.js';
import { readBytes } from './byte-source.js';
import { CODER_ERROR, coderError, wrongType } from './errors.js';

/**
 * Reads the rest of an iterable that the runner keeps: `token` is what the stream held in its place. The answer is
 * iterated once for each iteration of the decoded value.
 */
export type StateBackedReader = <E>(token: Uint8Array, element: Coder<E>) => Iterable<E>;

/** Longer iterables go out in batches, so that one that is spilled to disk need not be counted or held first. */
const COUNTED_LIMIT = 65_536;
const BATCH = 1_024;
/** Elements without bytes (the global window) cannot be bounded by the bytes that are left. */
const EMPTY_ELEMENTS_LIMIT = 1 << 10;

class IterableCoder<E> implements Coder<Iterable<E>> {
  readonly components: readonly Coder<unknown>[];
  readonly deterministic: true | string;
  constructor(
    readonly urn: typeof BEAM_CODER.iterable | typeof BEAM_CODER.stateBackedIterable,
    readonly element: Coder<E>,
    readonly read: StateBackedReader | undefined,
  ) {
    this.components = [element];
    this.deterministic = element.deterministic;
  }

  /** The count and the elements, or, from 65,536 elements on and whatever the iterable is, -1 and batches. */
  encode(value: Iterable<E>, to: ByteSink): void {
    if (Array.isArray(value)) {
      this.#encodeArray(value, to);
      return;
    }
    if (typeof value !== 'object' || value === null || typeof value[Symbol.iterator] !== 'function')
      throw wrongType(this.urn, 'an iterable object', value);
    let held: E[] = [];
    let batched = false;
    for (const element of value) {
      held.push(element);
      if (held.length === (batched ? BATCH : COUNTED_LIMIT)) {
        if (!batched) to.int32(-1);
        batched = true;
        this.#encodeBatches(held, to);
        held = [];
      }
    }
    if (batched) {
      this.#encodeBatches(held, to);
      to.varint(0);
    } else this.#encodeArray(held, to);
  }

  decode(from: ByteSource): Iterable<E> {
    const count = from.int32();
    const elements: E[] = [];
    if (count >= 0) {
      this.#decodeBatch(count, elements, from);
      return elements;
    }
    if (count !== -1) throw coderError(CODER_ERROR.malformed, `${this.urn} announces ${count} elements`);
    for (;;) {
      const batch = from.varint();
      if (batch === 0) return elements;
      if (batch > 0) this.#decodeBatch(batch, elements, from);
      else return this.#stateBacked(batch, elements, from);
    }
  }

  #encodeArray(value: readonly E[], to: ByteSink): void {
    if (value.length >= COUNTED_LIMIT) {
      to.int32(-1);
      this.#encodeBatches(value, to);
      to.varint(0);
      return;
    }
    to.int32(value.length);
    const element = this.element;
    for (let i = 0; i < value.length; i++) element.encode(value[i]!, to, true);
  }

  #encodeBatches(value: readonly E[], to: ByteSink): void {
    for (let at = 0; at < value.length; at += BATCH) {
      const end = Math.min(at + BATCH, value.length);
      to.varint(end - at);
      for (let i = at; i < end; i++) this.element.encode(value[i]!, to, true);
    }
  }

  #decodeBatch(count: number, into: E[], from: ByteSource): void {
    if (count > from.remaining && into.length + count > EMPTY_ELEMENTS_LIMIT)
      throw coderError(
        CODER_ERROR.truncated,
        `${this.urn} announces ${count} elements and ${from.remaining} bytes are left`,
      );
    for (let i = 0; i < count; i++) into.push(this.element.decode(from, true));
  }

  #stateBacked(batch: number, inlined: E[], from: ByteSource): Iterable<E> {
    if (batch !== -1) throw coderError(CODER_ERROR.malformed, `${this.urn} announces a batch of ${batch} elements`);
    const token = readBytes(from);
    if (this.read === undefined)
      throw coderError(
        CODER_ERROR.stateBacked,
        `${this.urn} met a state-backed stream: ${inlined.length} elements are inlined, the rest is kept by the runner`,
        { hint: `decode it as ${BEAM_CODER.stateBackedIterable} with access to the state channel` },
      );
    return new StateBackedIterable(inlined, token, this.element, this.read);
  }
}

/** What was inlined, then what the runner keeps; read again at every iteration. */
class StateBackedIterable<E> implements Iterable<E> {
  constructor(
    readonly inlined: readonly E[],
    readonly token: Uint8Array,
    readonly element: Coder<E>,
    readonly read: StateBackedReader,
  ) {}
  *[Symbol.iterator](): Iterator<E> {
    yield* this.inlined;
    yield* this.read(this.token, this.element);
  }
}

/** An iterable that is whole in the bytes; decoded as an array. */
export function iterableCoder<E>(element: Coder<E>): Coder<Iterable<E>> {
  return new IterableCoder(BEAM_CODER.iterable, element, undefined);
}

/** An iterable whose tail may be kept by the runner; `read` fetches it. Without `read` such a stream is an error. */
export function stateBackedIterableCoder<E>(element: Coder<E>, read?: StateBackedReader): Coder<Iterable<E>> {
  return new IterableCoder(BEAM_CODER.stateBackedIterable, element, read);
}
