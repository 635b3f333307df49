import { type ErrorEnvelope, MillraceError } from '../../sdk/model/index.js';

const MARK = 'millrace-error:';
const PATTERN = /millrace-error:([A-Za-z0-9+/]+={0,2})/;

/**
 * An error as the text of an answer to an engine: readable first, then the envelope in base64, because engines wrap,
 * quote and shorten what they pass on.
 */
export function encodeFailure(error: MillraceError): string {
  const envelope = Buffer.from(JSON.stringify(error.toEnvelope()), 'utf8').toString('base64');
  return `${error.message}\n[${MARK}${envelope}]`;
}

/** The error inside a text that passed through an engine; undefined when there is none, or what is left of it is broken. */
export function decodeFailure(text: string): MillraceError | undefined {
  const encoded = PATTERN.exec(text)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return MillraceError.fromEnvelope(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as ErrorEnvelope);
  } catch {
    return undefined;
  }
}
