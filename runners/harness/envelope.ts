import { type ErrorEnvelope, MillraceError } from '../../sdk/model/index.js';

/** What crosses threads of anything that was thrown. */
export function envelopeOf(error: unknown): ErrorEnvelope {
  const known =
    error instanceof MillraceError
      ? error
      : new MillraceError('REMOTE_HARNESS', 'internal', 'the harness failed', { cause: error });
  return known.toEnvelope();
}
