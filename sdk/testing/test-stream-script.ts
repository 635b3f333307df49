import { encodeToBytes } from '../coders/index.js';
import type { Coder } from '../model/coder.js';
import { MillraceError } from '../model/errors.js';
import type { TestStreamEvent } from '../model/payloads.js';
import { type DurationMs, MAX_TIMESTAMP, MIN_TIMESTAMP, type Timestamp } from '../model/time.js';
import { timestampToJson } from '../model/timestamp-json.js';
import type { StepNode } from '../pipeline/graph.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import { callersLine } from '../pipeline/source-line.js';

/** A value at an instant; made by {@link timestamped}. */
export class TimestampedValue<T> {
  constructor(
    readonly value: T,
    readonly timestamp: Timestamp,
  ) {}
}

/** An element of a test stream with a timestamp of its own. */
export function timestamped<T>(value: T, timestamp: Timestamp): TimestampedValue<T> {
  return new TimestampedValue(value, timestamp);
}

type Event =
  | { readonly kind: 'elements'; readonly tag: string; readonly elements: readonly TimestampedValue<unknown>[] }
  | { readonly kind: 'watermark'; readonly tag: string; readonly timestamp: Timestamp }
  | { readonly kind: 'processingTime'; readonly advanceMs: DurationMs };

/** What happens in a test stream, as far as it is written down. Never changed: what is added makes another one. */
export class Script {
  constructor(
    private readonly tags: readonly string[],
    readonly events: readonly Event[] = [],
    private readonly watermarks: ReadonlyMap<string, Timestamp> = new Map(),
  ) {}

  elements(tag: string, values: readonly unknown[]): Script {
    const watermark = this.watermarkOf(tag);
    if (watermark === MAX_TIMESTAMP)
      throw wrong('the watermark is at the end of time, and no elements may follow', 'add them before');
    const elements = values.map((value) =>
      value instanceof TimestampedValue ? value : new TimestampedValue<unknown>(value, watermark),
    );
    for (const { timestamp } of elements)
      if (!isInstant(timestamp) || timestamp >= MAX_TIMESTAMP)
        throw wrong(`the timestamp of an element is ${timestamp}`, 'a whole number of milliseconds');
    return this.and({ kind: 'elements', tag, elements });
  }

  /** Of one output, or of all. */
  watermark(tag: string | undefined, timestamp: Timestamp): Script {
    if (tag === undefined) {
      const behind = this.tags.filter((each) => timestamp < MAX_TIMESTAMP || this.watermarkOf(each) < MAX_TIMESTAMP);
      return behind.reduce((script: Script, each) => script.watermark(each, timestamp), this);
    }
    const before = this.watermarkOf(tag);
    if (!isInstant(timestamp) || timestamp <= before)
      throw wrong(`the watermark cannot go from ${before} to ${timestamp}`, 'a watermark only advances');
    const watermarks = new Map([...this.watermarks, [tag, timestamp]]);
    return this.and({ kind: 'watermark', tag, timestamp }, watermarks);
  }

  processingTime(advanceMs: DurationMs): Script {
    if (!Number.isSafeInteger(advanceMs) || advanceMs <= 0)
      throw wrong(`processing time cannot advance by ${advanceMs}`, 'a positive whole number of milliseconds');
    return this.and({ kind: 'processingTime', advanceMs });
  }

  private watermarkOf(tag: string): Timestamp {
    if (!this.tags.includes(tag))
      throw wrong(`the test stream has no output '${tag}'`, `its outputs are ${this.tags.join(', ')}`);
    return this.watermarks.get(tag) ?? MIN_TIMESTAMP;
  }

  private and(event: Event, watermarks = this.watermarks): Script {
    return new Script(this.tags, [...this.events, event], watermarks);
  }
}

const isInstant = (value: number): boolean =>
  Number.isInteger(value) && value >= MIN_TIMESTAMP && value <= MAX_TIMESTAMP;

export function wrong(what: string, hint: string): MillraceError {
  return planError(PLAN_ERROR.argument, what, { source: callersLine(), hint });
}

/** An event as it stands in a plan; `tagged` where there are several outputs. */
export function eventOf(event: Event, coder: Coder<unknown>, tagged: boolean, step: StepNode): TestStreamEvent {
  if (event.kind === 'processingTime') return event;
  const tag = tagged ? { tag: event.tag } : {};
  if (event.kind === 'watermark') return { kind: 'watermark', ...tag, timestamp: timestampToJson(event.timestamp) };
  const elements = event.elements.map(({ value, timestamp }) => ({
    encoded: Buffer.from(encode(value, coder, step)).toString('base64'),
    timestamp: timestampToJson(timestamp),
  }));
  return { kind: 'elements', ...tag, elements };
}

function encode(value: unknown, coder: Coder<unknown>, step: StepNode): Uint8Array {
  try {
    return encodeToBytes(coder, value);
  } catch (cause) {
    const { fullName, source } = step.parent ?? step;
    const why = cause instanceof MillraceError ? cause.summary : String(cause);
    throw new MillraceError('CODER_LITERAL', 'coder', `an element of the test stream cannot be encoded: ${why}`, {
      step: fullName,
      source,
      cause,
    });
  }
}
