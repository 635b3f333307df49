import { inspect } from 'node:util';
import { MAX_TIMESTAMP, MIN_TIMESTAMP, MillraceError, type Timestamp } from '../../sdk/model/index.js';

const PREVIEW_CHARACTERS = 200;

/** An element as one short line of text for an error. */
export function previewElement(element: unknown): string {
  let text: string;
  try {
    text = inspect(element, {
      depth: 3,
      breakLength: Number.POSITIVE_INFINITY,
      maxArrayLength: 10,
      maxStringLength: 120,
    });
  } catch {
    // An element may show itself in a way of its own, which may fail as well.
    text = Object.prototype.toString.call(element);
  }
  return text.length <= PREVIEW_CHARACTERS ? text : `${text.slice(0, PREVIEW_CHARACTERS)}…`;
}

export interface FailedStep {
  readonly name: string;
  readonly source: string | undefined;
}

/** What a step threw, as an error that says where and at which element; an error that says so already stays as it is. */
export function functionError(cause: unknown, step: FailedStep, element?: { readonly value: unknown }): MillraceError {
  const place = {
    step: step.name,
    source: step.source,
    ...(element !== undefined && { element: previewElement(element.value) }),
  };
  if (cause instanceof MillraceError) {
    if (cause.step !== undefined) return cause;
    const { code, kind, summary, hint, retryable, element: own = place.element } = cause;
    return new MillraceError(code, kind, summary, { ...place, element: own, hint, retryable, cause: cause.cause });
  }
  return new MillraceError('FUNCTION_THREW', 'function', 'a function of the pipeline threw', { ...place, cause });
}

/** A synchronous step's function answered a promise. */
export function undeclaredPromise(): MillraceError {
  return new MillraceError(
    'FUNCTION_RETURNED_PROMISE',
    'function',
    'the function returned a promise, but the step is synchronous',
    {
      hint: 'declare asynchronous work with mapAsync, which bounds how many calls are in flight',
    },
  );
}

export function notIterable(result: unknown): MillraceError {
  return new MillraceError(
    'FUNCTION_NOT_ITERABLE',
    'function',
    `flatMap expects an iterable of results, but its function returned ${previewElement(result)}`,
    { hint: typeof result === 'string' ? 'wrap a single string in an array' : 'return an array, or use map' },
  );
}

/** Whether something is an instant: whole milliseconds, within time. */
export function isTimestamp(value: unknown): value is Timestamp {
  return Number.isInteger(value) && (value as number) >= MIN_TIMESTAMP && (value as number) <= MAX_TIMESTAMP;
}

export function badTimestamp(result: unknown): MillraceError {
  return new MillraceError(
    'TIMESTAMP_INVALID',
    'function',
    `expected a timestamp in whole milliseconds, got ${previewElement(result)}`,
    {
      hint:
        result instanceof Date
          ? 'a date has it by getTime()'
          : 'milliseconds since 1970, as getTime() of a date gives them',
    },
  );
}

export function noWindow(given: unknown): MillraceError {
  return new MillraceError(
    'WINDOW_INVALID',
    'function',
    `expected the window of an output, got ${previewElement(given)}`,
    {
      hint: 'finishBundle says where its outputs stand: output(value, timestamp, window), with the window of the element',
    },
  );
}

export function timestampSkew(from: number, to: number, allowedSkewMs: number): MillraceError {
  return new MillraceError(
    'TIMESTAMP_SKEW',
    'function',
    `the timestamp was moved from ${from} back to ${to}, further than the allowed skew of ${allowedSkewMs} ms`,
    { hint: 'elements moved back may be late: set allowedSkew if that is meant' },
  );
}

export function notKeyed(value: unknown): MillraceError {
  return new MillraceError('ELEMENT_NOT_KEYED', 'function', `expected {key, value}, got ${previewElement(value)}`);
}

export function unknownTag(name: string, known: readonly string[]): MillraceError {
  return new MillraceError('OUTPUT_TAG_UNKNOWN', 'function', `the step has no output '${name}'`, {
    hint: `declare it where the step is applied; its outputs are ${known.map((tag) => `'${tag}'`).join(', ')}`,
  });
}

export function finalizationUndeclared(): MillraceError {
  return new MillraceError(
    'FINALIZATION_UNDECLARED',
    'function',
    'afterCommit was called, and the step does not declare it',
    { hint: 'declare it: parDo(name, factory, { requestsFinalization: true })' },
  );
}
