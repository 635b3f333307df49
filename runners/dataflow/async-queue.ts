import type { PaneInfo, Timestamp, Windows } from '../../sdk/model/index.js';
import { AsyncCall, type AsyncCaller } from '../kernel/index.js';
import type { Marker } from './channel.js';

/** A call in flight or a result that waits for its turn, with the columns of its element; serves again and again. */
export class Slot extends AsyncCall {
  timestamp: Timestamp = 0;
  windows!: Windows;
  pane!: PaneInfo;
  run!: Run;
  /** Behind it in its run, or among those that are free. */
  next: Slot | undefined;

  constructor(
    caller: AsyncCaller,
    private readonly onSlotEnd: (slot: Slot) => void,
  ) {
    super(caller);
  }

  protected onEnd(): void {
    this.onSlotEnd(this);
  }
}

/** The calls between two markers. */
interface Run {
  /** Ordered: all, in the order of the input. Unordered: those that have a result, in the order in which they got it. */
  head: Slot | undefined;
  tail: Slot | undefined;
  inFlight: number;
  /** What follows the calls; absent in the last run. */
  marker: Marker | undefined;
  previous: Run | undefined;
  next: Run | undefined;
}

/**
 * The calls of an asynchronous step and the markers between them, in the order in which they leave: results may change
 * places inside a run where the step is not ordered, but never pass a marker.
 */
export class AsyncQueue {
  private first: Run = newRun(undefined);
  private last: Run = this.first;
  /** Epoch of the calls in the first run: one more than that of the last barrier that left. */
  private epoch = 1;

  constructor(private readonly ordered: boolean) {}

  /** A call is about to start. */
  add(slot: Slot): void {
    const run = this.last;
    slot.run = run;
    run.inFlight++;
    if (this.ordered) append(run, slot);
  }

  /** A call has its result; true when that may leave now. */
  settle(slot: Slot): boolean {
    const { run } = slot;
    run.inFlight--;
    if (this.ordered) return run === this.first && run.head === slot;
    append(run, slot);
    return run === this.first;
  }

  /** The next result that may leave. */
  get ready(): Slot | undefined {
    const { head } = this.first;
    return head === undefined || head.open ? undefined : head;
  }

  /** Takes out what is ready. */
  shift(): void {
    const run = this.first;
    run.head = run.head!.next;
    if (run.head === undefined) run.tail = undefined;
  }

  addMarker(marker: Marker): void {
    let run = this.last;
    while (run.previous !== undefined && isEmpty(run) && overtakes(marker, run.previous.marker!)) run = run.previous;
    run.marker = marker;
    run.next = newRun(run);
    this.last = run.next;
  }

  /** Whether a marker has nothing in front of it any more. */
  get hasMarker(): boolean {
    return this.first.marker !== undefined && isEmpty(this.first);
  }

  /** Takes out the marker whose turn has come. */
  takeMarker(): Marker | undefined {
    const { first } = this;
    const { marker } = first;
    if (marker === undefined || !isEmpty(first)) return undefined;
    if (marker.kind === 'barrier') this.epoch = marker.epoch + 1;
    this.first = first.next!;
    this.first.previous = undefined;
    return marker;
  }

  /**
   * Drops the calls in flight and all that may not leave before they have; markers stay, but for what they say of time.
   * Answers the epoch of the first call that was dropped, when there was one.
   */
  cutOff(): number | undefined {
    let { epoch } = this;
    let run: Run | undefined = this.first;
    while (run !== undefined && run.inFlight === 0) {
      if (run.marker?.kind === 'barrier') epoch = run.marker.epoch + 1;
      run = run.next;
    }
    if (run === undefined) return undefined;
    const kept: Marker[] = [];
    for (let at: Run | undefined = run; at !== undefined; at = at.next)
      if (at.marker?.kind === 'barrier' || at.marker?.kind === 'end') kept.push(at.marker);
    if (this.ordered) keepSettled(run);
    run.inFlight = 0;
    run.marker = undefined;
    run.next = undefined;
    this.last = run;
    for (const marker of kept) this.addMarker(marker);
    return epoch;
  }
}

function newRun(previous: Run | undefined): Run {
  return { head: undefined, tail: undefined, inFlight: 0, marker: undefined, previous, next: undefined };
}

function append(run: Run, slot: Slot): void {
  slot.next = undefined;
  if (run.tail === undefined) run.head = slot;
  else run.tail.next = slot;
  run.tail = slot;
}

function isEmpty(run: Run): boolean {
  return run.head === undefined && run.inFlight === 0;
}

/** Whether `before`, which nobody has seen, says nothing that `marker` does not. */
function overtakes(marker: Marker, before: Marker): boolean {
  return marker.kind === 'watermark' && (before.kind === 'watermark' || before.kind === 'idle');
}

/** Of an ordered run, the results in front of the first call in flight. */
function keepSettled(run: Run): void {
  let tail: Slot | undefined;
  for (let at = run.head; at !== undefined && !at.open; at = at.next) tail = at;
  if (tail === undefined) run.head = undefined;
  else tail.next = undefined;
  run.tail = tail;
}
