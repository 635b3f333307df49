import { encodeToBytes, type Timer } from '../../sdk/coders/index.js';
import {
  type BoundedWindow,
  type ByteSource,
  type Coder,
  type CombineFn,
  MillraceError,
  NO_FIRING_PANE,
  type PaneInfo,
  type StatePayload,
  type TimeDomain,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import { EXPIRATION_FAMILY } from '../beam/par-do.js';
import { type Batch, type DueTimer, outsideOfCall, type StateHost } from '../kernel/index.js';
import { BagContents, type StoredCell } from './bag-contents.js';
import type { StateCall, StateKey, StateService } from './state-calls.js';
import { makeCell } from './state-cells.js';

/** A cell as the author declared it, and as it is stored. */
export interface CellSpec extends StoredCell {
  readonly declared: StatePayload;
  /** Of the stored elements, without the instant of their writing. */
  readonly elementCoder: Coder<unknown>;
  combineFn(): CombineFn<unknown, unknown, unknown>;
}

export interface FnStateOptions {
  /** The id under which the engine knows the step. */
  readonly transformId: string;
  readonly keyCoder: Coder<unknown>;
  readonly windowCoder: Coder<BoundedWindow>;
  readonly cells: { readonly [id: string]: CellSpec };
  readonly timers: ReadonlyMap<string, TimerFamily>;
  readonly service: StateService;
  /** Hands encoded timers to the engine. */
  sendTimers(family: string, timers: Uint8Array): void;
  now(): Timestamp;
  /** When a window expires, where the step wants to know; it is told by a timer, which every engine has. */
  readonly expiration?: ((window: BoundedWindow) => Timestamp) | undefined;
}

export interface TimerFamily {
  readonly coder: Coder<Timer<unknown>>;
  readonly timeDomain: TimeDomain;
}

/** A timer as a bundle leaves it: set, or cleared. */
interface TimerChange {
  /** The id of its key and window. */
  readonly entryId: string;
  readonly family: string;
  readonly timer: Timer<unknown>;
}

/** A key and window as the engine names them. */
interface Encoded {
  readonly id: string;
  readonly keyBytes: Uint8Array;
  readonly windowBytes: Uint8Array;
}

/** What one key and window have. */
interface Entry extends Encoded {
  readonly key: unknown;
  readonly window: BoundedWindow;
  /** By the index of the cell. */
  readonly contents: (BagContents | undefined)[];
}

/** Keys and windows that a bundle may hold before what they have is written. */
const ENTRIES = 20_000;

/** The state and the timers of a stateful step, over the state API of an engine. */
export class FnStateHost implements StateHost {
  readonly cells: Readonly<Record<string, unknown>>;
  readonly #options: FnStateOptions;
  readonly #specs: readonly (readonly [id: string, spec: CellSpec])[];
  /** Bags are often only added to; they are fetched ahead once one was read. */
  readonly #ahead: boolean[];
  readonly #entries = new Map<string, Entry>();
  readonly #changes = new Map<string, TimerChange>();
  #selected: Entry | undefined;

  constructor(options: FnStateOptions) {
    this.#options = options;
    this.#specs = Object.entries(options.cells);
    this.#ahead = this.#specs.map(([, { declared }]) => declared.kind !== 'bag');
    this.cells = Object.fromEntries(
      this.#specs.map(([id, { declared, elementCoder, combineFn }], index) => [
        id,
        makeCell(declared, elementCoder, () => this.#contents(this.#current, index), combineFn),
      ]),
    );
  }

  select(key: unknown, window: BoundedWindow): void {
    const last = this.#selected;
    if (last !== undefined && last.key === key && last.window === window) return;
    this.#selected = this.#entry(key, window);
  }

  setTimer(family: string, tag: string, firing: Timestamp, output: Timestamp): void {
    const { key, window } = this.#current;
    const isByClock = this.#options.timers.get(family)?.timeDomain === 'PROCESSING_TIME';
    this.#change(family, {
      userKey: key,
      dynamicTimerTag: tag,
      windows: window,
      clearBit: false,
      fireTimestamp: firing,
      holdTimestamp: output,
      pane: isByClock ? paneOfFiring(firing) : NO_FIRING_PANE,
    });
  }

  clearTimer(family: string, tag: string): void {
    const { key, window } = this.#current;
    this.#change(family, { userKey: key, dynamicTimerTag: tag, windows: window, clearBit: true });
  }

  now(): Timestamp {
    return this.#options.now();
  }

  /** No call is running: whoever touches a cell now has kept it for too long. */
  leave(): void {
    this.#selected = undefined;
  }

  decodeTimer(family: string, from: ByteSource): Timer<unknown> {
    const known = this.#options.timers.get(family);
    if (known === undefined)
      throw new MillraceError(
        'REMOTE_PROTOCOL',
        'external',
        `the engine sends timers of the unknown family '${family}'`,
      );
    return known.coder.decode(from, true);
  }

  /** Fetches what the elements of a batch are going to need, at one go. */
  async prefetch(batch: Batch): Promise<void> {
    if (this.#entries.size > ENTRIES) await this.#writeState();
    const wanted: BagContents[] = [];
    const seen = new Set<Entry>();
    for (let i = 0; i < batch.length; i++) {
      const { key } = batch.valueAt(i) as { key: unknown };
      for (const window of each(batch.windowsAt(i))) {
        const entry = this.#entry(key, window);
        if (seen.has(entry)) continue;
        seen.add(entry);
        // Only for elements: a timer was set by one, or by a timer that was. One by the clock may come when the window has
        // expired already, and what is then asked for in event time never comes (Prism 2.77 does not even end the job).
        this.#setExpiration(entry, key, window);
        for (let cell = 0; cell < this.#specs.length; cell++) {
          const contents = this.#contents(entry, cell);
          if (this.#ahead[cell] === true && contents.unread) wanted.push(contents);
        }
      }
    }
    this.#selected = undefined;
    if (wanted.length === 0) return;
    const pages = await this.#options.service.call(wanted.map(({ key }) => ({ kind: 'get', key })));
    for (let i = 0; i < wanted.length; i++) wanted[i]!.load(pages[i]!);
  }

  /**
   * The timers that an engine says are due: not those that the bundle has cleared or set anew meanwhile, and nothing that
   * was never set. (Prism 2.77 fires a timer in processing time that is cleared; it is known by a pane that no timer of
   * ours has.)
   */
  *due(family: string, timer: Timer<unknown>): Generator<DueTimer> {
    if (timer.clearBit) return;
    const { userKey: key, dynamicTimerTag: tag, holdTimestamp: output, pane } = timer;
    const firing = pane.timing === 'LATE' ? pane.index : timer.fireTimestamp;
    if (pane.timing === 'EARLY' && !pane.isFirst && !pane.isLast) return;
    for (const window of each(timer.windows)) {
      const change = this.#changes.get(timerId(this.#encode(key, window).id, family, tag));
      const { timer: latest } = change ?? {};
      if (latest !== undefined && (latest.clearBit || latest.fireTimestamp !== firing)) continue;
      yield { key, window, family, tag, firing, output };
    }
  }

  /**
   * Runs what the end of a window is to bring, and gives its state up. Where the bundle has set timers that are to fire
   * before that, it asks to be told again after them.
   */
  expire(key: unknown, window: BoundedWindow, run: () => void): void {
    const { id } = this.#encode(key, window);
    const mayFire = ({ entryId, family, timer }: TimerChange): boolean =>
      entryId === id &&
      !timer.clearBit &&
      family !== EXPIRATION_FAMILY &&
      this.#options.timers.get(family)?.timeDomain === 'EVENT_TIME';
    if ([...this.#changes.values()].some(mayFire)) {
      this.#setExpiration(this.#encode(key, window), key, window);
      return;
    }
    this.#changes.delete(timerId(id, EXPIRATION_FAMILY, ''));
    this.#selected = this.#entry(key, window);
    run();
    this.#selected = this.#entry(key, window);
    for (let cell = 0; cell < this.#specs.length; cell++) this.#contents(this.#current, cell).replace([]);
    // Engines keep timers by the clock beyond the window. Which tags there are of a family is not known here.
    for (const [family, { timeDomain }] of this.#options.timers)
      if (timeDomain === 'PROCESSING_TIME') this.clearTimer(family, '');
  }

  /** Everything that the bundle has written is with the engine when this resolves. */
  async flush(): Promise<void> {
    await this.#writeState();
    const byFamily = new Map<string, Uint8Array[]>();
    for (const { family, timer } of this.#changes.values()) {
      const { coder } = this.#options.timers.get(family)!;
      const encoded = byFamily.get(family) ?? [];
      encoded.push(encodeToBytes(coder, timer, true));
      byFamily.set(family, encoded);
    }
    this.#changes.clear();
    for (const [family, timers] of byFamily) this.#options.sendTimers(family, new Uint8Array(Buffer.concat(timers)));
  }

  /** Forgets what a bundle that failed has left. */
  discard(): void {
    this.#entries.clear();
    this.#changes.clear();
    this.#selected = undefined;
  }

  async #writeState(): Promise<void> {
    const calls: StateCall[] = [];
    for (const { contents } of this.#entries.values())
      for (const each of contents) if (each !== undefined) calls.push(...each.writes());
    this.#entries.clear();
    this.#selected = undefined;
    if (calls.length > 0) await this.#options.service.call(calls);
  }

  get #current(): Entry {
    const entry = this.#selected;
    if (entry === undefined) throw outsideOfCall('a cell of state');
    return entry;
  }

  #encode(key: unknown, window: BoundedWindow): Encoded {
    const keyBytes = encodeToBytes(this.#options.keyCoder, key, true);
    const windowBytes = encodeToBytes(this.#options.windowCoder, window, true);
    return { id: `${keyBytes.length}:${latin1(keyBytes)}${latin1(windowBytes)}`, keyBytes, windowBytes };
  }

  #entry(key: unknown, window: BoundedWindow): Entry {
    const encoded = this.#encode(key, window);
    const known = this.#entries.get(encoded.id);
    if (known !== undefined) return known;
    const entry: Entry = { ...encoded, key, window, contents: [] };
    this.#entries.set(entry.id, entry);
    return entry;
  }

  #setExpiration({ id: entryId }: Encoded, key: unknown, window: BoundedWindow): void {
    const instant = this.#options.expiration?.(window);
    if (instant === undefined) return;
    this.#changes.set(timerId(entryId, EXPIRATION_FAMILY, ''), {
      entryId,
      family: EXPIRATION_FAMILY,
      timer: {
        userKey: key,
        dynamicTimerTag: '',
        windows: window,
        clearBit: false,
        fireTimestamp: instant,
        // What is emitted at the end carries the last instant of the window.
        holdTimestamp: window.maxTimestamp,
        pane: NO_FIRING_PANE,
      },
    });
  }

  #contents(entry: Entry, cell: number): BagContents {
    let contents = entry.contents[cell];
    if (contents === undefined) {
      const [userStateId, spec] = this.#specs[cell]!;
      const { transformId, service } = this.#options;
      const key: StateKey = {
        type: {
          case: 'bagUserState',
          value: { transformId, userStateId, window: entry.windowBytes, key: entry.keyBytes },
        },
      };
      const onMiss = (): void => {
        this.#ahead[cell] = true;
      };
      contents = new BagContents(key, spec, service, () => this.now(), onMiss);
      entry.contents[cell] = contents;
    }
    return contents;
  }

  #change(family: string, timer: Timer<unknown>): void {
    const { id: entryId } = this.#current;
    this.#changes.set(timerId(entryId, family, timer.dynamicTimerTag), { entryId, family, timer });
  }
}

/**
 * The pane of a timer by the clock, which says when it fires: Prism 2.77 hands back the output timestamp in the place of the
 * firing time, and the pane as it was. Engines that hand back no pane hand back the time.
 */
const paneOfFiring = (firing: Timestamp): PaneInfo => ({
  timing: 'LATE',
  isFirst: false,
  isLast: false,
  index: firing,
  nonSpeculativeIndex: firing,
});

const timerId = (entryId: string, family: string, tag: string): string =>
  `${family.length}:${family}${tag.length}:${tag}${entryId}`;

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

function each(windows: Windows): readonly BoundedWindow[] {
  return Array.isArray(windows) ? (windows as readonly BoundedWindow[]) : [windows as BoundedWindow];
}
