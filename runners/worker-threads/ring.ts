/**
 * A single-producer single-consumer ring of bytes in shared memory: a stream from one thread to another. Positions are
 * 32-bit counters that wrap; the capacity is a power of two, so that wrapped positions still name the right byte. Each
 * side keeps a copy of the other's last seen position and reads the shared one only when that copy does not suffice,
 * which keeps the cache lines of the two counters with their owners (Lee, Bu, Chandranmenon: MCRingBuffer, 2010).
 */
export interface RingMemory {
  readonly memory: SharedArrayBuffer;
  /** Where the ring begins; a multiple of 64. */
  readonly offset: number;
  /** Bytes of data; a power of two. */
  readonly capacity: number;
}

/** Both counters, each in a cache line pair of its own. */
const HEADER_BYTES = 256;
const WRITTEN = 0;
const READ = HEADER_BYTES / 2 / Int32Array.BYTES_PER_ELEMENT;

export const MIN_RING_CAPACITY = 64;
export const MAX_RING_CAPACITY = 2 ** 30;

/** Bytes of shared memory that a ring of this capacity takes. */
export function ringBytes(capacity: number): number {
  if (capacity < MIN_RING_CAPACITY || capacity > MAX_RING_CAPACITY || (capacity & (capacity - 1)) !== 0)
    throw new RangeError(`the capacity of a ring is a power of two from 64 to 2^30, not ${capacity}`);
  return HEADER_BYTES + capacity;
}

export class RingWriter {
  readonly #positions: Int32Array;
  readonly #data: Uint8Array;
  readonly #mask: number;
  readonly capacity: number;
  #written: number;
  /** The reader's position when last looked at. */
  #read: number;

  constructor(ring: RingMemory) {
    this.#positions = new Int32Array(ring.memory, ring.offset, HEADER_BYTES / Int32Array.BYTES_PER_ELEMENT);
    this.#data = new Uint8Array(ring.memory, ring.offset + HEADER_BYTES, ring.capacity);
    this.#mask = ring.capacity - 1;
    this.capacity = ring.capacity;
    this.#written = Atomics.load(this.#positions, WRITTEN);
    this.#read = Atomics.load(this.#positions, READ);
  }

  /** Bytes that can be written now; looks at the reader's position when fewer than `wanted` were free at the last look. */
  free(wanted: number): number {
    let free = this.capacity - ((this.#written - this.#read) | 0);
    if (free < wanted) {
      this.#read = Atomics.load(this.#positions, READ);
      free = this.capacity - ((this.#written - this.#read) | 0);
    }
    return free;
  }

  /** Copies bytes that are known to fit. The reader sees nothing before {@link publish}. */
  write(bytes: Uint8Array): void {
    const at = this.#written & this.#mask;
    const first = Math.min(bytes.length, this.capacity - at);
    if (first === bytes.length) this.#data.set(bytes, at);
    else {
      this.#data.set(bytes.subarray(0, first), at);
      this.#data.set(bytes.subarray(first), 0);
    }
    this.#written = (this.#written + bytes.length) | 0;
  }

  /** Leaves `length` bytes as they are. */
  skip(length: number): void {
    this.#written = (this.#written + length) | 0;
  }

  publish(): void {
    Atomics.store(this.#positions, WRITTEN, this.#written);
  }
}

export class RingReader {
  readonly #positions: Int32Array;
  readonly #data: Uint8Array;
  readonly #mask: number;
  readonly capacity: number;
  /** The writer's position when last looked at. */
  #written: number;
  #read: number;

  constructor(ring: RingMemory) {
    this.#positions = new Int32Array(ring.memory, ring.offset, HEADER_BYTES / Int32Array.BYTES_PER_ELEMENT);
    this.#data = new Uint8Array(ring.memory, ring.offset + HEADER_BYTES, ring.capacity);
    this.#mask = ring.capacity - 1;
    this.capacity = ring.capacity;
    this.#written = Atomics.load(this.#positions, WRITTEN);
    this.#read = Atomics.load(this.#positions, READ);
  }

  /** Bytes that can be read now; looks at the writer's position when fewer than `wanted` were there at the last look. */
  available(wanted: number): number {
    let available = (this.#written - this.#read) | 0;
    if (available < wanted) {
      this.#written = Atomics.load(this.#positions, WRITTEN);
      available = (this.#written - this.#read) | 0;
    }
    return available;
  }

  /** Fills `into` from bytes that are known to be available. The writer gets the space back at {@link release}. */
  read(into: Uint8Array): void {
    const at = this.#read & this.#mask;
    const first = Math.min(into.length, this.capacity - at);
    if (first === into.length) into.set(this.#data.subarray(at, at + first));
    else {
      into.set(this.#data.subarray(at));
      into.set(this.#data.subarray(0, into.length - first), first);
    }
    this.#read = (this.#read + into.length) | 0;
  }

  skip(length: number): void {
    this.#read = (this.#read + length) | 0;
  }

  release(): void {
    Atomics.store(this.#positions, READ, this.#read);
  }
}
