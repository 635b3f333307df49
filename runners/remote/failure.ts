import { MillraceError } from '../../sdk/model/index.js';
import { decodeFailure } from '../beam/failure.js';

/**
 * What a failed job comes to: the error of the author's function where a worker sent one through the engine's messages,
 * else what the engine said last.
 */
export function failureOf(errorMessages: readonly string[]): MillraceError {
  for (const text of errorMessages) {
    const failure = decodeFailure(text);
    if (failure !== undefined) return failure;
  }
  const last = errorMessages.at(-1);
  return new MillraceError(
    'REMOTE_JOB_FAILED',
    'external',
    last === undefined ? 'the engine reports that the job failed, and gives no reason' : `the job failed: ${last}`,
  );
}
