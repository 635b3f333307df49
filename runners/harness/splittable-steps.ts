import {
  type BoundedWindow,
  type KV,
  MIN_TIMESTAMP,
  type PaneInfo,
  type RestrictionTracker,
  type SourceContext,
  type SourceReader,
  type SplittableDoFn,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import { afterDelay } from '../after-delay.js';
import { BATCH_CAPACITY, type OutputPort, unknownTag } from '../kernel/index.js';

type AnySplittable = SplittableDoFn<unknown, unknown, unknown, unknown>;

/*
 * The three steps that an engine makes of a splittable DoFn (Beam's sdf_pair_with_restriction,
 * sdf_split_and_size_restrictions, sdf_process_sized_element_and_restrictions). What travels between them as "the
 * restriction" is the author's restriction with the watermark from which the work goes on, because the engine has no
 * other place for it.
 */
export type WatermarkedRestriction = KV<unknown, Timestamp>;
export type Work = KV<unknown, WatermarkedRestriction>;
export type SizedWork = KV<Work, number>;

/** element → KV(element, restriction) */
export async function pairWithRestriction(splittable: AnySplittable, element: unknown): Promise<Work> {
  const restriction = await splittable.initialRestriction(element);
  return { key: element, value: { key: restriction, value: MIN_TIMESTAMP } };
}

/** KV(element, restriction) → the pieces that it is cut into, with their sizes. */
export async function splitAndSize(splittable: AnySplittable, work: Work, parts: number): Promise<SizedWork[]> {
  const { key: element, value } = work;
  const pieces = (await splittable.split?.(element, value.key, parts)) ?? [value.key];
  return pieces.map((piece) => sized(splittable, element, { key: piece, value: value.value }));
}

/** What is left of a restriction when the pipeline is drained; nothing of unbounded work that does not say otherwise. */
export function truncateSized(splittable: AnySplittable, { key }: SizedWork): SizedWork | undefined {
  const { key: element, value: restriction } = key;
  const left =
    splittable.truncate !== undefined
      ? splittable.truncate(element, restriction.key)
      : splittable.isBounded
        ? restriction.key
        : undefined;
  return left === undefined ? undefined : sized(splittable, element, { key: left, value: restriction.value });
}

function sized(splittable: AnySplittable, element: unknown, restriction: WatermarkedRestriction): SizedWork {
  return { key: { key: element, value: restriction }, value: splittable.size?.(element, restriction.key) ?? 1 };
}

/** How long an unbounded source works in one bundle: portable engines emit nothing before the bundle ends. */
export interface SliceLimits {
  readonly elements: number;
  readonly ms: number;
}

/** What a reader's context holds that is the same for all elements. */
export type StepContext = Omit<SourceContext, 'initialWatermark' | 'timestamp' | 'window'>;

/** What is left of the work on an element. */
export interface SourceResidual {
  readonly work: SizedWork;
  readonly watermark: Timestamp;
  readonly delayMs: number;
}

export interface SliceResult {
  readonly residual: SourceResidual | undefined;
  /** To be run when the engine has made the output safe; closes the reader as well. */
  readonly finalise: (() => Promise<void>) | undefined;
}

/** Work on an element that is under way. */
export interface OngoingWork {
  /** Cuts it, between two polls; undefined where nothing can be cut off. */
  split(fractionOfRemainder: number): WorkSplit | undefined;
}

export interface WorkSplit {
  readonly primary: SizedWork;
  readonly residual: SizedWork;
  /** What the residual's output is not before. */
  readonly watermark: Timestamp;
}

/** Where the elements of a slice go. */
export interface SliceTarget {
  readonly ports: readonly OutputPort[];
  /** The ports of all outputs, by tag. */
  readonly tagged: ReadonlyMap<string, readonly OutputPort[]>;
  readonly timestamp: Timestamp;
  readonly windows: Windows;
  readonly pane: PaneInfo;
  /** Works through what has come out so far, so that a long slice does not pile up. */
  drain(): void | Promise<void>;
  /** Hears of the work once it is under way, and when it is not any more. */
  working?(work: OngoingWork | undefined): void;
}

/** After the cut a reader has one poll for what it had claimed and one to see the end; more would be a reader that does not look. */
const POLLS_AFTER_CUT = 1_000;
/** An idle unbounded source is asked again so soon when it did not say when. */
const IDLE_DELAY_MS = 100;

/**
 * KV(KV(element, restriction), size) → the DoFn's output. Bounded work is done until it ends or asks for a cut. Unbounded work goes on for a
 * slice, or until there is nothing for now, and is then cut: the residual goes back to the engine.
 */
export async function processSized(
  splittable: AnySplittable,
  input: SizedWork,
  context: StepContext,
  limits: SliceLimits,
  target: SliceTarget,
): Promise<SliceResult> {
  const { key: element, value: restriction } = input.key;
  const tracker = splittable.newTracker(restriction.key);
  const { timestamp, windows } = target;
  const window = Array.isArray(windows) ? (windows as readonly BoundedWindow[])[0]! : (windows as BoundedWindow);
  // Fresh work has come as far as its element.
  const initialWatermark = Math.max(restriction.value, timestamp);
  const reader = await splittable.open(element, tracker, { ...context, timestamp, window, initialWatermark });
  let kept = false;
  try {
    const output = new SliceOutput(target);
    target.working?.(ongoing(splittable, input, tracker, reader));
    const pause = await pollUntilPause(reader, output, splittable.isBounded ? undefined : limits, context.signal);
    target.working?.(undefined);
    if (pause === 'done') {
      tracker.checkDone();
      return { residual: undefined, finalise: finaliser() };
    }
    const left = tracker.trySplit(0);
    for (let i = 0; i < POLLS_AFTER_CUT && reader.poll(output, BATCH_CAPACITY) === 'more'; i++);
    if (left === undefined) {
      tracker.checkDone();
      return { residual: undefined, finalise: finaliser() };
    }
    const watermark = reader.watermark();
    const work = sized(splittable, element, { key: left, value: watermark });
    return { residual: { work, watermark, delayMs: pause.delayMs }, finalise: finaliser() };
  } finally {
    target.working?.(undefined);
    if (!kept) await reader.close();
  }

  function finaliser(): (() => Promise<void>) | undefined {
    const checkpoint = reader.checkpoint?.();
    if (checkpoint === undefined) return undefined;
    kept = true;
    return async () => {
      try {
        await checkpoint();
      } finally {
        await reader.close();
      }
    };
  }
}

function ongoing(
  splittable: AnySplittable,
  input: SizedWork,
  tracker: RestrictionTracker<unknown, unknown>,
  reader: SourceReader<unknown>,
): OngoingWork {
  const { key: element, value: restriction } = input.key;
  return {
    split(fractionOfRemainder) {
      const left = tracker.trySplit(fractionOfRemainder);
      if (left === undefined) return undefined;
      const watermark = reader.watermark();
      const kept = { key: tracker.currentRestriction(), value: restriction.value };
      return {
        primary: sized(splittable, element, kept),
        residual: sized(splittable, element, { key: left, value: watermark }),
        watermark,
      };
    },
  };
}

/** Polls until the reader is done or asks for a cut, or, where there are limits, has reached one or has nothing for now. */
async function pollUntilPause(
  reader: SourceReader<unknown>,
  output: SliceOutput,
  limits: SliceLimits | undefined,
  signal: AbortSignal,
): Promise<'done' | { readonly delayMs: number }> {
  const endsAt = performance.now() + (limits?.ms ?? Number.POSITIVE_INFINITY);
  for (;;) {
    signal.throwIfAborted();
    const result = reader.poll(output, BATCH_CAPACITY);
    if (result === 'done') return 'done';
    if (result !== 'more' && result.kind === 'resumeAfter' && result.checkpoint === true)
      return { delayMs: result.delayMs };
    const over = limits !== undefined && (output.count >= limits.elements || performance.now() >= endsAt);
    if (result === 'more') {
      if (over) return { delayMs: 0 };
      await output.target.drain();
      // Readers fill their buffers on the event loop.
      await new Promise((resolve) => setImmediate(resolve));
    } else if (limits === undefined) await settled(result);
    // What has come out goes on its way at once; a first element is waited for, because a bundle costs something.
    else if (over || output.count > 0 || result.kind === 'resumeAfter') {
      return { delayMs: result.kind === 'resumeAfter' ? result.delayMs : output.count > 0 ? 0 : IDLE_DELAY_MS };
    } else await Promise.race([result.promise, after(endsAt - performance.now())]);
  }
}

function settled(
  pause: { readonly kind: 'resumeAfter'; readonly delayMs: number } | { readonly promise: Promise<unknown> },
): Promise<unknown> {
  return 'promise' in pause ? pause.promise : after(pause.delayMs);
}

const after = (ms: number): Promise<void> => new Promise((resolve) => afterDelay(Math.max(0, ms), resolve));

class SliceOutput {
  count = 0;

  constructor(readonly target: SliceTarget) {}

  emit(value: unknown, timestamp: Timestamp): void {
    this.write(this.target.ports, value, timestamp);
  }

  emitTagged(tag: string, value: unknown, timestamp: Timestamp): void {
    const ports = this.target.tagged.get(tag);
    if (ports === undefined) throw unknownTag(tag, [...this.target.tagged.keys()]);
    this.write(ports, value, timestamp);
  }

  private write(ports: readonly OutputPort[], value: unknown, timestamp: Timestamp): void {
    this.count++;
    const { windows, pane } = this.target;
    for (let i = 0; i < ports.length; i++) ports[i]!.push(value, timestamp, windows, pane);
  }
}
