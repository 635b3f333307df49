import { isMainThread } from 'node:worker_threads';
import {
  type BoundedWindow,
  GlobalWindow,
  MIN_TIMESTAMP,
  MillraceError,
  NO_FIRING_PANE,
  type PaneInfo,
  type Timestamp,
} from '../../sdk/model/index.js';

/** An element as a named memory keeps it. */
export interface MemoryRecord<T> {
  readonly value: T;
  readonly timestamp: Timestamp;
  readonly window: BoundedWindow;
  readonly pane: PaneInfo;
}

/**
 * A named list in the memory of this process: how a test or a script hands values to a pipeline and gets its results back.
 * Pipelines reach it by `readFromMemory(name)` and `writeToMemory(name)`.
 */
export class Memory<T> {
  private list: MemoryRecord<T>[] = [];

  constructor(readonly name: string) {}

  /** In the order in which they were added. */
  get values(): readonly T[] {
    return this.list.map((record) => record.value);
  }

  get records(): readonly MemoryRecord<T>[] {
    return this.list;
  }

  /** Adds values with one timestamp, in the global window. */
  add(values: Iterable<T>, timestamp: Timestamp = MIN_TIMESTAMP): this {
    for (const value of values)
      this.list.push({ value, timestamp, window: GlobalWindow.INSTANCE, pane: NO_FIRING_PANE });
    return this;
  }

  addRecords(records: Iterable<MemoryRecord<T>>): this {
    for (const record of records) this.list.push(record);
    return this;
  }

  clear(): this {
    this.list = [];
    return this;
  }
}

/** Reached through a symbol, so that two copies of this module in one process share it. */
const REGISTRY = Symbol.for('millrace.memories');

/** The memory with this name; made empty when it is first asked for. */
export function memory<T>(name: string): Memory<T> {
  const host = globalThis as { [REGISTRY]?: Map<string, Memory<unknown>> };
  host[REGISTRY] ??= new Map();
  let found = host[REGISTRY].get(name);
  if (found === undefined) {
    found = new Memory<unknown>(name);
    host[REGISTRY].set(name, found);
  }
  return found as Memory<T>;
}

/** Forgets the memory with this name, so that its values can be freed. */
export function forgetMemory(name: string): void {
  (globalThis as { [REGISTRY]?: Map<string, Memory<unknown>> })[REGISTRY]?.delete(name);
}

/** Memories belong to one thread: elsewhere a memory of the same name would be another, empty one. */
export function checkSameThread(name: string, step: string): void {
  if (isMainThread) return;
  throw new MillraceError(
    'MEMORY_OTHER_THREAD',
    'runner',
    `the memory ${JSON.stringify(name)} belongs to the main thread`,
    {
      step,
      hint: 'use millrace/memory with the direct runner; read and write files on the others',
    },
  );
}
