import { type BoundedWindow, MillraceError, type Timestamp } from '../../../sdk/model/index.js';
import { previewElement } from '../function-error.js';

/** A method of a DoFn with state answered a promise. */
export function promiseBesideState(): MillraceError {
  return new MillraceError(
    'FUNCTION_RETURNED_PROMISE',
    'function',
    'the function returned a promise, but a DoFn with state or timers is synchronous',
    { hint: 'what is awaited would come back to the state of another key: put a mapAsync before or behind the step' },
  );
}

/** A cell or timer was touched when no key was there. */
export function outsideOfCall(what: string): MillraceError {
  return new MillraceError(
    'STATE_OUTSIDE_CALL',
    'function',
    `${what} was touched outside of a call that has a key and a window`,
    {
      hint: 'use state and timers in process, onTimer and onWindowExpiration, and nothing of them after these have returned',
    },
  );
}

export function timerInstant(timer: string, instant: unknown): MillraceError {
  return new MillraceError(
    'TIMER_INVALID',
    'function',
    `the timer '${timer}' was set to ${previewElement(instant)}, which is no instant in whole milliseconds`,
  );
}

export function timerDelay(timer: string, what: string, delay: unknown): MillraceError {
  return new MillraceError(
    'TIMER_INVALID',
    'function',
    `the timer '${timer}' was set with ${what} ${previewElement(delay)}`,
    { hint: 'a delay is a number of milliseconds that is not negative, a period one that is positive' },
  );
}

export function timerBehindWindow(
  timer: string,
  instant: Timestamp,
  window: BoundedWindow,
  lastInstant: Timestamp,
): MillraceError {
  return new MillraceError(
    'TIMER_BEHIND_WINDOW',
    'function',
    `the timer '${timer}' was set to ${instant}, and the window [${window.start}, ${window.end}) is there until ${lastInstant}`,
    { hint: 'set it to context.window.maxTimestamp at most, or allow more lateness' },
  );
}

export function timerOutputTimestamp(timer: string, output: unknown, why: string): MillraceError {
  return new MillraceError(
    'TIMER_OUTPUT_TIMESTAMP',
    'function',
    `the timer '${timer}' was set with the output timestamp ${previewElement(output)}, ${why}`,
  );
}

export function timerAtExpiration(timer: string): MillraceError {
  return new MillraceError(
    'TIMER_AT_EXPIRATION',
    'function',
    `the timer '${timer}' was set in onWindowExpiration, when nothing of the window is kept any more`,
  );
}
