import { type WindowedValue, windowedValueCoder } from '../../sdk/coders/index.js';
import {
  type BoundedWindow,
  type Coder,
  type Counter,
  type KV,
  listOf,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import {
  Batch,
  NO_KEY_GROUP,
  type SideInputSource,
  type SnapshotReader,
  type SnapshotWriter,
  windowExpiry,
} from '../kernel/index.js';
import type { EpochLedger } from './epoch-ledger.js';
import { Fifo } from './fifo.js';
import { TimeHeap } from './heap.js';
import { append, isFull, MainWindow } from './main-window.js';
import type { SideInputTable } from './side-input-table.js';
import { readInstant, writeInstant } from './snapshot-instant.js';
import { WindowMap } from './window-map.js';

const VERSION = 1;
const PART = 'pushed-back';
const TIME_PART = 'pushed-back:given-up';
export interface PushedBackSpec {
  readonly tables: readonly SideInputTable[];
  /** Of the main input. */
  readonly allowedLatenessMs: number;
  readonly droppedLate: Counter;
  readonly ledger: EpochLedger;
  /** Of elements of the main input, for snapshots. */
  readonly elements: Coder<unknown>;
  readonly windows: Coder<BoundedWindow>;
  /** Of a keyed input: the key group of a key. */
  readonly keyGroupOf?: ((key: unknown) => number) | undefined;
}

/**
 * The main input of a step with side inputs: elements whose side windows are ready pass, the others wait here, in the
 * order of their window. Batches of which all elements pass are not touched.
 *
 * A window of which nothing can be held any more (its end and the allowed lateness have passed) is given up with what
 * was seen for it; an element that comes for it after that is dropped and counted.
 */
export class PushedBack implements SideInputSource {
  readonly tags: readonly string[];
  private readonly indexOf: ReadonlyMap<string, number>;
  private readonly windows = new WindowMap<MainWindow>();
  private readonly expiries = new TimeHeap<MainWindow>();
  private readonly waiting = new Set<MainWindow>();
  private readonly ready = new Fifo<Batch>();
  private last: MainWindow | undefined;
  private passed = Number.NEGATIVE_INFINITY;
  /** Timestamp of the least element that waits; infinite when none does. */
  least: Timestamp = Number.POSITIVE_INFINITY;

  constructor(private readonly spec: PushedBackSpec) {
    this.tags = spec.tables.map(({ tag }) => tag);
    this.indexOf = new Map(this.tags.map((tag, index) => [tag, index]));
  }

  view(tag: string, window: BoundedWindow): unknown {
    const { last } = this;
    const main = last !== undefined && last.window === window ? last : (this.find(window) ?? this.make(window));
    return main.sides[this.indexOf.get(tag)!]!.view;
  }

  /** The next batch of which all elements may pass. */
  take(): Batch | undefined {
    return this.ready.shift();
  }

  add(batch: Batch): void {
    const { window } = batch;
    const isUniform = batch.windowSpan === undefined && batch.windowColumn === undefined;
    if (isUniform ? this.arePassing(window) : this.allPass(batch)) {
      this.ready.push(batch);
      return;
    }
    const main = isUniform && !Array.isArray(window) ? this.find(window as BoundedWindow) : undefined;
    if (main === undefined) this.addEach(batch);
    else {
      main.holdAll(batch);
      this.held(main);
    }
  }

  private allPass(batch: Batch): boolean {
    for (let i = 0; i < batch.length; i++) if (!this.arePassing(batch.windowsAt(i))) return false;
    return true;
  }

  private arePassing(windows: Windows): boolean {
    if (!Array.isArray(windows)) return this.find(windows as BoundedWindow)?.isReady === true;
    return (windows as readonly BoundedWindow[]).every((window) => this.find(window)?.isReady === true);
  }

  /** Something of a window waits now. */
  private held(main: MainWindow): void {
    if (main.least < this.least) this.least = main.least;
    if (main.epoch !== undefined) return;
    main.epoch = this.spec.ledger.add();
    this.waiting.add(main);
  }

  /** One by one: an element in several windows is as many elements, of which some may wait. */
  private addEach(batch: Batch): void {
    let passing: Batch | undefined;
    for (let i = 0; i < batch.length; i++) {
      const windows = batch.windowsAt(i);
      const value = batch.values[i];
      const key = batch.keys?.[i];
      const timestamp = batch.timestamps[i]!;
      const pane = batch.paneAt(i);
      for (const window of listOf(windows)) {
        const main = this.find(window);
        if (main === undefined) this.spec.droppedLate.inc();
        else if (!main.isReady) {
          main.hold(batch.keyed, key, value, timestamp, pane);
          this.held(main);
        } else {
          if (passing === undefined || isFull(passing)) {
            passing = new Batch(batch.keyed, batch.length);
            this.ready.push(passing);
          }
          append(passing, key, value, timestamp, main.window, pane);
        }
      }
    }
  }

  /** What is known of a window; undefined where it has been given up. */
  private find(window: BoundedWindow): MainWindow | undefined {
    const { last } = this;
    if (last !== undefined && last.window === window && last.isReady) return last;
    let main = this.windows.get(window);
    if (main === undefined) {
      if (this.expiryOf(window) < this.passed) return undefined;
      main = this.make(window);
      this.windows.add(main);
      this.expiries.push(this.expiryOf(window), main);
    }
    // While something waits, the window is ready when that was let pass.
    if (!main.isReady && main.epoch === undefined) main.isReady = this.hasAll(main);
    this.last = main;
    return main;
  }

  private make(window: BoundedWindow): MainWindow {
    return new MainWindow(
      window,
      this.spec.tables.map((table) => table.windowFor(window)),
    );
  }

  private hasAll({ sides }: MainWindow): boolean {
    return this.spec.tables.every((table, index) => table.isReady(sides[index]!));
  }

  private expiryOf(window: BoundedWindow): Timestamp {
    return windowExpiry(window, this.spec.allowedLatenessMs);
  }

  /** A side input has come further: lets pass what waited for that. */
  release(): void {
    let released = false;
    for (const main of this.waiting) {
      if (!this.hasAll(main)) continue;
      released = true;
      this.waiting.delete(main);
      this.spec.ledger.remove(main.epoch!);
      for (const batch of main.letPass()) this.ready.push(batch);
    }
    if (!released) return;
    this.least = Number.POSITIVE_INFINITY;
    for (const { least } of this.waiting) if (least < this.least) this.least = least;
  }

  /** Everything up to this watermark has been done: gives up what no later element may ask for. */
  giveUp(passed: Timestamp): void {
    // After a restore, time begins further back.
    if (passed <= this.passed) return;
    this.passed = passed;
    this.last = undefined;
    const kept: MainWindow[] = [];
    while (this.expiries.first < passed) {
      const main = this.expiries.pop()!;
      // An element may carry a timestamp behind the end of its window.
      if (this.waiting.has(main)) kept.push(main);
      else this.windows.remove(main);
    }
    for (const main of kept) this.expiries.push(this.expiryOf(main.window), main);
    // What those that were kept wait for is still to come.
    const asked = Math.min(passed, this.expiries.first);
    for (const table of this.spec.tables) table.giveUp(asked);
  }

  snapshot(to: SnapshotWriter): void {
    for (const table of this.spec.tables) table.snapshot(to);
    writeInstant(to, TIME_PART, this.passed);
    const { keyGroupOf } = this.spec;
    const part = to.part(PART, VERSION);
    const coder = this.coder();
    for (const { batches, window: windows } of this.waiting)
      for (const batch of batches)
        for (let i = 0; i < batch.length; i++) {
          const element = { value: batch.valueAt(i), timestamp: batch.timestamps[i]!, windows, pane: batch.paneAt(i) };
          const group =
            keyGroupOf === undefined ? NO_KEY_GROUP : keyGroupOf((element.value as KV<unknown, unknown>).key);
          part.entry(group, (sink) => coder.encode(element, sink, true));
        }
  }

  restore(from: SnapshotReader): void {
    for (const table of this.spec.tables) table.restore(from);
    const keyed = this.spec.keyGroupOf !== undefined;
    const coder = this.coder();
    for (const { from: source } of from.part(PART, VERSION)) {
      const { value, timestamp, windows, pane } = coder.decode(source, true);
      const main = this.find(windows as BoundedWindow)!;
      main.isReady = false;
      if (!keyed) main.hold(false, undefined, value, timestamp, pane);
      else {
        const pair = value as KV<unknown, unknown>;
        main.hold(true, pair.key, pair.value, timestamp, pane);
      }
      this.held(main);
    }
    this.release();
    // Of the tasks that it was taken of, the one furthest behind had all that those ahead had given up.
    const passed = readInstant(from, TIME_PART);
    if (passed !== undefined) this.giveUp(passed);
  }

  private coder(): Coder<WindowedValue<unknown>> {
    return windowedValueCoder(this.spec.elements, this.spec.windows);
  }
}
