import { MillraceError } from '../../../sdk/model/index.js';

/** gRPC's status codes that are told apart here; the rest is a failed call. */
const DEADLINE_EXCEEDED = 4;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;

/** The error of a call as ours. `what` is the method, `endpoint` the address that was called. */
export function callError(endpoint: string, what: string, error: unknown): MillraceError {
  const code = isStatus(error) ? error.code : undefined;
  const details = isStatus(error) ? error.details : String(error);
  if (code === UNAVAILABLE)
    return new MillraceError('REMOTE_UNREACHABLE', 'external', `${endpoint} cannot be reached (${what}): ${details}`, {
      hint: 'Check that the engine is running and that the address is its job or Fn API endpoint.',
      retryable: true,
      cause: error,
    });
  if (code === DEADLINE_EXCEEDED)
    return new MillraceError('REMOTE_TIMEOUT', 'external', `${endpoint} did not answer ${what} in time`, {
      retryable: true,
      cause: error,
    });
  if (code === UNIMPLEMENTED)
    return new MillraceError('REMOTE_UNSUPPORTED', 'external', `${endpoint} does not know ${what}`, { cause: error });
  return new MillraceError('REMOTE_CALL_FAILED', 'external', `${endpoint} refused ${what}: ${details}`, {
    cause: error,
  });
}

function isStatus(error: unknown): error is { code: number; details: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}
