import { type WindowedValue, windowedValueCoder } from '../../sdk/coders/index.js';
import {
  type BoundedWindow,
  type Coder,
  listOf,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  NO_FIRING_PANE,
  type Timestamp,
} from '../../sdk/model/index.js';
import {
  type Batch,
  EVERY_TASK,
  type MakeView,
  type SideWindowMapping,
  type SnapshotReader,
  type SnapshotWriter,
} from '../kernel/index.js';
import type { EpochLedger } from './epoch-ledger.js';
import { TimeHeap } from './heap.js';
import { readInstant, writeInstant } from './snapshot-instant.js';
import { WindowMap } from './window-map.js';

const VERSION = 1;
const NOTHING: readonly unknown[] = Object.freeze([]);
/** Before any pane that holds something. */
const NO_PANE = -1;

/** One window of a side input, as one task sees it. */
export class SideWindow {
  /** Those of the last pane; undefined as long as none has come. */
  elements: Iterable<unknown> | undefined;
  paneIndex = NO_PANE;
  /** In which the contents came; set only where they must be read again after a restart. */
  epoch: number | undefined;
  private isMade = false;
  private made: unknown;

  constructor(
    readonly window: BoundedWindow,
    private readonly make: MakeView,
  ) {}

  /** Made when it is first asked for, and shared by all who ask until the next pane comes. */
  get view(): unknown {
    if (!this.isMade) {
      this.made = this.make(this.elements ?? NOTHING);
      this.isMade = true;
    }
    return this.made;
  }

  /** A later pane takes the place of what is there, also where panes discard: as in Beam, the last firing is what is seen. */
  replace(elements: Iterable<unknown>, paneIndex: number): void {
    this.elements = elements;
    this.paneIndex = paneIndex;
    this.isMade = false;
    this.made = undefined;
  }
}

export interface SideInputTableSpec {
  readonly tag: string;
  readonly mapping: SideWindowMapping;
  readonly make: MakeView;
  /** How long after the end of a window its first pane may come, measured by the watermark; then it is empty. */
  readonly awaitMs: number;
  /** How long after its end a window can still be asked for, measured by the watermark of the main input. */
  readonly keepMs: number;
  /** Of all elements of a window, for snapshots. */
  readonly elements: Coder<unknown>;
  readonly windows: Coder<BoundedWindow>;
  /** Where what is held is counted; absent where it need not be read again after a restart. */
  readonly ledger?: EpochLedger | undefined;
}

/** What one task holds of one side input: the contents of its windows, and how far it has come. */
export class SideInputTable {
  private watermark: Timestamp = MIN_TIMESTAMP;
  private readonly windows = new WindowMap<SideWindow>();
  private readonly expiries = new TimeHeap<SideWindow>();
  /** Watermark of the main input, behind everything that was asked for it. */
  private passed: Timestamp = MIN_TIMESTAMP;

  constructor(private readonly spec: SideInputTableSpec) {}

  get tag(): string {
    return this.spec.tag;
  }

  /** The window that belongs to one of the main input. */
  windowFor(main: BoundedWindow): SideWindow {
    return this.find(this.spec.mapping.map(main));
  }

  /** Whether the contents of a window are known: a pane has come, or none can be expected any more. */
  isReady({ elements, window }: SideWindow): boolean {
    if (elements !== undefined || this.watermark >= MAX_TIMESTAMP) return true;
    return window.maxTimestamp + this.spec.awaitMs < this.watermark;
  }

  /** The side input has come this far. */
  advance(watermark: Timestamp): void {
    if (watermark > this.watermark) this.watermark = watermark;
  }

  /** Takes panes: each element is all that a window holds. */
  add(batch: Batch): void {
    for (let i = 0; i < batch.length; i++) {
      const elements = batch.values[i] as Iterable<unknown>;
      const { index } = batch.paneAt(i);
      for (const window of listOf(batch.windowsAt(i))) this.put(window, elements, index);
    }
  }

  private put(window: BoundedWindow, elements: Iterable<unknown>, paneIndex: number): void {
    if (this.expiryOf(window) < this.passed) return;
    const found = this.find(window);
    // A firing of nothing says that there is nothing new (the one at the end of a window where panes discard); panes need
    // not come in their order.
    if (isEmpty(elements)) {
      if (found.elements === undefined) found.replace(NOTHING, NO_PANE);
      return;
    }
    if (paneIndex < found.paneIndex) return;
    found.replace(elements, paneIndex);
    const { ledger } = this.spec;
    if (ledger === undefined) return;
    if (found.epoch !== undefined) ledger.remove(found.epoch);
    found.epoch = ledger.add();
  }

  private find(window: BoundedWindow): SideWindow {
    const found = this.windows.get(window);
    if (found !== undefined) return found;
    const made = new SideWindow(window, this.spec.make);
    this.windows.add(made);
    this.expiries.push(this.expiryOf(window), made);
    return made;
  }

  private expiryOf(window: BoundedWindow): Timestamp {
    return window.maxTimestamp + this.spec.keepMs;
  }

  /** Gives up what nobody can ask for behind this watermark of the main input. */
  giveUp(passed: Timestamp): void {
    this.passed = passed;
    while (this.expiries.first < passed) {
      const window = this.expiries.pop()!;
      this.windows.remove(window);
      if (window.epoch !== undefined) this.spec.ledger!.remove(window.epoch);
    }
  }

  /** Every task that reads it needs all of it. */
  snapshot(to: SnapshotWriter): void {
    writeInstant(to, `${this.partName}:time`, this.watermark);
    const part = to.part(this.partName, VERSION);
    const coder = this.coder();
    for (const { window, elements, paneIndex } of this.windows) {
      if (elements === undefined) continue;
      part.entry(EVERY_TASK, (sink) => {
        sink.varint(paneIndex - NO_PANE);
        coder.encode(
          { value: elements, timestamp: window.maxTimestamp, windows: window, pane: NO_FIRING_PANE },
          sink,
          true,
        );
      });
    }
  }

  restore(from: SnapshotReader): void {
    const coder = this.coder();
    for (const { from: source } of from.part(this.partName, VERSION)) {
      const paneIndex = source.varint() + NO_PANE;
      const { value, windows } = coder.decode(source, true);
      this.put(windows as BoundedWindow, value as Iterable<unknown>, paneIndex);
    }
    this.advance(readInstant(from, `${this.partName}:time`) ?? MIN_TIMESTAMP);
  }

  private get partName(): string {
    return `side-input:${this.tag}`;
  }

  private coder(): Coder<WindowedValue<unknown>> {
    return windowedValueCoder(this.spec.elements, this.spec.windows);
  }
}

function isEmpty(elements: Iterable<unknown>): boolean {
  for (const _ of elements) return false;
  return true;
}
