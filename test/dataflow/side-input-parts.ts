import { type BoundedWindow, type Coder, IntervalWindow, NO_FIRING_PANE, type PaneInfo, type Windows } from 'millrace';
import {
  deterministicValueCoder,
  intervalWindowCoder,
  iterableCoder,
  keyHash,
  kvCoder,
  valueCoder,
} from 'millrace/coders';
import { LocalChannel, type Marker } from '#millrace/runners/dataflow/channel.js';
import { EpochLedger } from '#millrace/runners/dataflow/epoch-ledger.js';
import { JointInputs } from '#millrace/runners/dataflow/joint-inputs.js';
import { PushedBack } from '#millrace/runners/dataflow/pushed-back.js';
import { SideInputGate } from '#millrace/runners/dataflow/side-input-gate.js';
import { SideInputTable } from '#millrace/runners/dataflow/side-input-table.js';
import { Batch, sideWindowMapping } from '#millrace/runners/kernel/index.js';

/** The fixed window of a size that holds an instant. */
export function windowOf(instant: number, size: number): IntervalWindow {
  const start = Math.floor(instant / size) * size;
  return new IntervalWindow(start, start + size);
}

export interface Element {
  readonly value: unknown;
  readonly timestamp: number;
  readonly windows: Windows;
  readonly pane?: PaneInfo;
}

/** A batch, keyed where its values are pairs and it is to be. */
export function batchOf(elements: readonly Element[], keyed = false): Batch {
  const batch = new Batch(keyed);
  for (const { value, timestamp, windows, pane = NO_FIRING_PANE } of elements) {
    if (!keyed) batch.append(value, timestamp, windows, pane);
    else {
      const pair = value as { key: unknown; value: unknown };
      batch.keys![batch.length] = pair.key;
      batch.append(pair.value, timestamp, windows, pane);
    }
  }
  return batch;
}

export interface PartsOptions {
  /** Sizes of the fixed windows of the side inputs, by tag. */
  readonly sides?: Readonly<Record<string, number>>;
  readonly allowedLatenessMs?: number;
  readonly awaitMs?: number;
  readonly keyed?: boolean;
  readonly holdsEpochs?: boolean;
}

export const KEY_GROUPS = 16;

/** A gate with local channels, whose operator is the test. */
export class GateParts {
  readonly main = new LocalChannel(
    () => {},
    () => {},
  );
  readonly sides: Readonly<Record<string, LocalChannel>>;
  readonly pushedBack: PushedBack;
  readonly gate: SideInputGate;
  dropped = 0;
  /** Views made, by tag. */
  readonly made: Record<string, number> = {};
  private readonly windows = intervalWindowCoder() as Coder<unknown> as Coder<BoundedWindow>;

  constructor({
    sides = { side: 10 },
    allowedLatenessMs = 0,
    awaitMs = 0,
    keyed = false,
    holdsEpochs = false,
  }: PartsOptions = {}) {
    const ledger = new EpochLedger();
    const elements = iterableCoder(valueCoder()) as Coder<unknown>;
    const tables = Object.entries(sides).map(([tag, sizeMs]) => {
      const mapping = sideWindowMapping({
        urn: 'beam:window_fn:fixed_windows:v1',
        payload: { sizeMs, offsetMs: 0 },
      });
      const make = (contents: Iterable<unknown>): unknown => {
        this.made[tag] = (this.made[tag] ?? 0) + 1;
        return [...contents];
      };
      const { windows } = this;
      const keepMs = allowedLatenessMs;
      return new SideInputTable({
        tag,
        mapping,
        make,
        awaitMs,
        keepMs,
        elements,
        windows,
        ledger: holdsEpochs ? ledger : undefined,
      });
    });
    const hash = keyHash(deterministicValueCoder());
    this.pushedBack = new PushedBack({
      tables,
      allowedLatenessMs,
      droppedLate: {
        inc: (by = 1) => {
          this.dropped += by;
        },
      },
      ledger,
      elements: keyed ? kvCoder(deterministicValueCoder(), valueCoder()) : valueCoder(),
      windows: this.windows,
      keyGroupOf: keyed ? (key) => hash(key) % KEY_GROUPS : undefined,
    });
    const channels = tables.map(({ tag }) => {
      const channel = new LocalChannel(
        () => {},
        () => {},
      );
      return [tag, channel] as const;
    });
    this.sides = Object.fromEntries(channels);
    const inputs = new JointInputs(
      [this.main],
      channels.map(([tag, channel]) => [tag, [channel]]),
    );
    this.gate = new SideInputGate(inputs, tables, this.pushedBack, ledger);
  }

  /** Elements of the main input; in windows of their own size where none are given. */
  give(...elements: readonly Element[]): void {
    this.main.accept(batchOf(elements, this.isKeyed(elements)));
  }

  private isKeyed([first]: readonly Element[]): boolean {
    return typeof first?.value === 'object' && first.value !== null && 'key' in first.value;
  }

  /** A pane of a window of a side input. */
  pane(tag: string, window: BoundedWindow, contents: readonly unknown[], index = 0): void {
    const pane: PaneInfo = {
      timing: 'ON_TIME',
      isFirst: index === 0,
      isLast: false,
      index,
      nonSpeculativeIndex: index,
    };
    const batch = new Batch(true);
    batch.keys![0] = null;
    batch.append(contents, window.maxTimestamp, window, pane);
    this.sides[tag]!.accept(batch);
  }

  sideWatermark(tag: string, timestamp: number): void {
    this.sides[tag]!.mark({ kind: 'watermark', timestamp });
  }

  mainWatermark(timestamp: number): void {
    this.main.mark({ kind: 'watermark', timestamp });
  }

  /** A marker on every input. */
  everywhere(marker: Marker): void {
    for (const channel of [this.main, ...Object.values(this.sides)]) channel.mark(marker);
  }

  /** What comes out now, as text: elements with what they see, and markers. A watermark is done with at once. */
  out(): string[] {
    const lines: string[] = [];
    for (let frame = this.gate.take(); frame !== undefined; frame = this.gate.take()) {
      if (frame instanceof Batch) lines.push(...this.seen(frame));
      else if (frame.kind === 'watermark') {
        lines.push(`@${frame.timestamp}`);
        this.gate.handedOn(frame.timestamp);
      } else lines.push(frame.kind === 'barrier' ? `barrier ${frame.epoch}` : frame.kind);
      if (!(frame instanceof Batch) && frame.kind === 'end') break;
    }
    return lines;
  }

  private seen(batch: Batch): string[] {
    const lines: string[] = [];
    for (let i = 0; i < batch.length; i++) {
      const windows = batch.windowsAt(i);
      const value = batch.valueAt(i);
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      for (const window of Array.isArray(windows) ? (windows as BoundedWindow[]) : [windows as BoundedWindow]) {
        const views = this.pushedBack.tags.map((tag) => (this.pushedBack.view(tag, window) as unknown[]).join('+'));
        lines.push(`${text}[${window.start},${window.end}) ${views.join(' ')}`.trimEnd());
      }
    }
    return lines;
  }
}
