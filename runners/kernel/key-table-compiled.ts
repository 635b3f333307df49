import type { CombineFn } from '../../sdk/model/index.js';
import type { AccumulatorLayout } from './accumulator-layout.js';
import { type AccumulatorText, accumulatorText, accumulatorValues } from './accumulator-text.js';
import { type FailedStep, functionError } from './function-error.js';
import { generate } from './generate.js';
import type { KeyTable, MakeKeyTable } from './key-table.js';

interface CompiledSpec {
  readonly combineFn: CombineFn<unknown, unknown, unknown>;
  readonly inputs: 'values' | 'accumulators';
  readonly layout: AccumulatorLayout;
  readonly step: FailedStep;
  readonly owner: object;
}

/**
 * Tables as generated classes, one for each grouping: the calls of its CombineFn are seen by no other. Keys that are
 * 32-bit integers stand in an open-addressed table of (key, index) pairs, side by side in memory (linear probing,
 * Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4), short strings in one of (hash, index); all others in a
 * Map, by their identity. Accumulators
 * whose declared coder has a fixed width are columns, so that no object is kept for a key.
 */
export function compiledKeyTables(
  spec: CompiledSpec,
  identity: (key: unknown) => unknown,
  primitiveKeys: boolean,
): MakeKeyTable {
  const { combineFn, inputs, layout, step, owner } = spec;
  const values = {
    ...accumulatorValues(layout, combineFn),
    fn: combineFn,
    identity,
    own,
    fail: (error: unknown, element: unknown): Error => functionError(error, step, { value: element }),
    beginning,
    LONGEST_HASHED,
    LONGEST_PROBE,
    LARGE,
    WAITING,
  };
  const Table = generate(
    owner,
    values,
    tableText(accumulatorText(layout), primitiveKeys, inputs),
  ) as new () => KeyTable;
  return () => new Table();
}

/** Strings up to this length are hashed here; the engine's own hash of longer ones is faster, and cached. */
const LONGEST_HASHED = 64;
/** A string that finds no place within so many goes into the Map: whoever makes up strings of one hash gains nothing. */
const LONGEST_PROBE = 64;

/** A table of so many keys is larger than the processor's caches. */
const LARGE = 16_384;
/**
 * Values that wait to be folded into a large table: their places are looked up together, so that the processor waits for
 * many places in memory at once instead of one after the other (Chen, Ailamaki, Gibbons, Mowry: Improving hash join
 * performance through prefetching, 2004).
 */
const WAITING = 256;

/** A table never begins with more room than this. */
const LARGEST_BEGINNING = 4_096;

/** Where a table begins when the last one came to so much; a power of two. */
function beginning(last: number): number {
  return Math.min(LARGEST_BEGINNING, Math.max(8, last / 2));
}

/** A copy, where the engine may have made a string as a part of a longer one, which would be kept for its sake. */
export function own(text: string): string {
  if (text.length < 13) return text;
  const copy = text.slice(0, 1) + text.slice(1);
  copy.charCodeAt(1); // makes one flat string of the two parts
  return copy;
}

function tableText(text: AccumulatorText, primitiveKeys: boolean, inputs: 'values' | 'accumulators'): string {
  const add = inputs === 'values' ? 'addInput' : 'mergeAccumulators';
  return `const NO_SLOTS = new Int32Array(2);
${text.prelude}
const found = new Int32Array(WAITING);
// What the last table came to: the next one begins at half of it, since windows are mostly like their neighbours.
let lastSlots = 0, lastHashes = 0, lastRows = 0;
return class {
  constructor() {
    this.size = 0; this.folds = 0; this.keys = []; this.others = undefined; this.lastKey = NO_SLOTS; this.lastAt = 0;
    this.slots = NO_SLOTS; this.mask = 0; this.shift = 0; this.integers = 0;
    this.hashes = NO_SLOTS; this.hashMask = 0; this.strings = 0; this.overflowed = false;
    this.waiting = 0; this.waitingKeys = undefined; this.waitingValues = undefined;
    ${text.init}
  }
  keyAt(at) { return this.keys[at]; }
  put(key, value) {
    if (this.size < LARGE) { this.fold(key, value); return; }
    if (typeof key !== 'number' || (key | 0) !== key) { this.settle(); this.fold(key, value); return; }
    if (this.waitingKeys === undefined) {
      this.waitingKeys = new Int32Array(WAITING);
      this.waitingValues = new Array(WAITING).fill(undefined);
    }
    const n = this.waiting;
    this.waitingKeys[n] = key;
    this.waitingValues[n] = value;
    this.waiting = n + 1;
    if (n + 1 === WAITING) this.settle();
  }
  settle() {
    const n = this.waiting;
    if (n === 0) return;
    this.waiting = 0;
    const keys = this.waitingKeys, values = this.waitingValues, shift = this.shift, mask = this.mask;
    let slots = this.slots, touched = 0, i = 0;
    for (let j = 0; j < n; j++) {
      const p = (Math.imul(keys[j], 0x9e3779b1) >>> shift) & mask;
      found[j] = p;
      touched ^= slots[2 * p];
    }
    for (let j = 0; j < n; j++) {
      const p = found[j];
      found[j] = slots[2 * p] === keys[j] ? slots[2 * p + 1] - 1 : -1;
    }
    try {
      for (; i < n; i++) if (found[i] < 0) found[i] = this.find(keys[i]);
      ${text.touch}
      this.touched = touched;
      this.folds += n;
      for (i = 0; i < n; i++) {
        const at = found[i];
        const value = values[i];
        ${text.load('this', 'at', 'acc')}
        const result = fn.${add}(acc, value);
        ${text.store('at', 'result')}
      }
    } catch (error) { throw fail(error, { key: keys[i], value: values[i] }); }
  }
  fold(key, value) {
    try {
      ${find(primitiveKeys)}
      this.folds++;
      ${text.load('this', 'at', 'acc')}
      const result = fn.${add}(acc, value);
      ${text.store('at', 'result')}
      return at;
    } catch (error) { throw fail(error, { key, value }); }
  }
  merge(key, from) {
    try {
      const at = this.find(key);
      ${text.load('this', 'at', 'acc')}
      const result = fn.mergeAccumulators(acc, from);
      ${text.store('at', 'result')}
      return at;
    } catch (error) { throw fail(error, { key }); }
  }
  mergeAll(other) {
    const keys = other.keys, n = other.size;
    let i = 0;
    try {
      for (; i < n; i++) {
        const key = keys[i];
        const at = this.find(key);
        ${text.load('this', 'at', 'acc')}
        ${text.load('other', 'i', 'from')}
        const result = fn.mergeAccumulators(acc, from);
        ${text.store('at', 'result')}
      }
    } catch (error) { throw fail(error, { key: keys[i] }); }
  }
  accumulatorAt(at) { return ${text.copy('at')}; }
  extract(at) {
    try {
      ${text.load('this', 'at', 'acc')}
      const result = fn.extractOutput(acc);
      return ${text.isShared ? 'result === acc ? this.accumulatorAt(at) : ' : ''}result;
    } catch (error) { throw fail(error, { key: this.keys[at] }); }
  }
  reset(at) { ${text.create} }
  find(key) {
    ${find(primitiveKeys)}
    return at;
  }
  addInteger(key, p) {
    if ((this.integers + 1) * 2 > this.mask + 1) { this.grow(); p = this.vacant(key); }
    const at = this.add(key);
    this.slots[2 * p] = key; this.slots[2 * p + 1] = at + 1;
    this.integers++;
    return at;
  }
  vacant(key) {
    const { slots, mask, shift } = this;
    let p = (Math.imul(key, 0x9e3779b1) >>> shift) & mask;
    while (slots[2 * p + 1] !== 0) p = (p + 1) & mask;
    return p;
  }
  grow() {
    const old = this.slots, first = this.mask === 0;
    const capacity = first ? beginning(lastSlots) : (this.mask + 1) * 2;
    lastSlots = capacity;
    this.slots = new Int32Array(capacity * 2);
    this.mask = capacity - 1;
    this.shift = 32 - Math.log2(capacity);
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] === 0) continue;
      const p = this.vacant(old[i]);
      this.slots[2 * p] = old[i]; this.slots[2 * p + 1] = old[i + 1];
    }
  }
  findString(key) {
    const { hashes, hashMask: mask, keys } = this;
    let h = key.length;
    for (let i = 0; i < key.length; i++) h = (Math.imul(h, 31) + key.charCodeAt(i)) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h ^= h >>> 13;
    for (let n = 0, p = h & mask; n < LONGEST_PROBE; n++) {
      const found = hashes[2 * p + 1];
      if (found === 0) return this.overflowed ? this.findOther(key, key) : this.addString(key, h);
      if (hashes[2 * p] === h && keys[found - 1] === key) return found - 1;
      p = (p + 1) & mask;
    }
    this.overflowed = true;
    return this.findOther(key, key);
  }
  addString(key, h) {
    if ((this.strings + 1) * 2 > this.hashMask + 1) this.growStrings();
    const at = this.add(own(key));
    this.strings++;
    this.placeString(h, at + 1);
    return at;
  }
  placeString(h, found) {
    const { hashes, hashMask: mask } = this;
    for (let n = 0, p = h & mask; n < LONGEST_PROBE; n++) {
      if (hashes[2 * p + 1] === 0) { hashes[2 * p] = h; hashes[2 * p + 1] = found; return; }
      p = (p + 1) & mask;
    }
    this.overflowed = true;
    if (this.others === undefined) this.others = new Map();
    this.others.set(this.keys[found - 1], found - 1);
  }
  growStrings() {
    const old = this.hashes, first = this.hashMask === 0;
    const capacity = first ? beginning(lastHashes) : (this.hashMask + 1) * 2;
    lastHashes = capacity;
    this.hashes = new Int32Array(capacity * 2);
    this.hashMask = capacity - 1;
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) this.placeString(old[i], old[i + 1]);
  }
  findOther(key, id) {
    if (this.others === undefined) this.others = new Map();
    let at = this.others.get(id);
    if (at === undefined) {
      const kept = typeof key === 'string' ? own(key) : key;
      at = this.add(kept);
      this.others.set(key === id ? kept : id, at);
    }
    return at;
  }
  add(key) {
    const at = this.size;
    ${text.create}
    this.keys.push(key);
    this.size = at + 1;
    return at;
  }
};`;
}

/** Declares `at`, the index of `key`; a key that is new gets an empty accumulator. −0 is kept as 0. */
function find(primitiveKeys: boolean): string {
  if (!primitiveKeys) return 'const at = this.findOther(key, identity(key));';
  return `let at = -1;
if (typeof key === 'number') {
  const k = key | 0;
  if (k === key) {
    const slots = this.slots, mask = this.mask;
    let p = (Math.imul(k, 0x9e3779b1) >>> this.shift) & mask;
    for (;;) {
      const found = slots[2 * p + 1];
      if (found === 0) { at = this.addInteger(k, p); break; }
      if (slots[2 * p] === k) { at = found - 1; break; }
      p = (p + 1) & mask;
    }
  } else at = this.findOther(key, key);
} else if (typeof key === 'string') at = key.length <= LONGEST_HASHED && key.charCodeAt(0) !== 0 ? this.findString(key) : this.findOther(key, identity(key));
else if (typeof key === 'object' && key !== null) at = this.findOther(key, identity(key));
else if (key === this.lastKey) at = this.lastAt;
else { at = this.findOther(key, identity(key)); this.lastKey = key; this.lastAt = at; }`;
}
