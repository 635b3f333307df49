/** Whose fault an error is. */
export type ErrorKind = 'plan' | 'options' | 'function' | 'coder' | 'external' | 'runner' | 'internal';

export interface ErrorDetails {
  /** Full name of the step. */
  readonly step?: string | undefined;
  /** `file:line:column` where the step was made. */
  readonly source?: string | undefined;
  /** The element, shortened to a line of text. */
  readonly element?: string | undefined;
  /** One thing to try. */
  readonly hint?: string | undefined;
  /** For `external` errors: whether trying again may help. */
  readonly retryable?: boolean | undefined;
  readonly cause?: unknown;
}

/** What crosses threads and gRPC; made by {@link MillraceError.toEnvelope}. */
export interface ErrorEnvelope {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly step?: string;
  readonly source?: string;
  readonly element?: string;
  readonly hint?: string;
  readonly retryable?: boolean;
  readonly cause?: { readonly name: string; readonly message: string; readonly stack?: string };
}

/** Every error of Millrace's: a stable code, what happened and where, one hint, and the cause. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly step: string | undefined;
  readonly source: string | undefined;
  readonly element: string | undefined;
  readonly hint: string | undefined;
  readonly retryable: boolean;

  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
    /** What happened, without the place and the hint. */
    readonly summary: string,
    details: ErrorDetails = {},
  ) {
    super(describe(summary, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.step = details.step;
    this.source = details.source;
    this.element = details.element;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
  }

  toEnvelope(): ErrorEnvelope {
    const cause = this.cause;
    return {
      code: this.code,
      kind: this.kind,
      message: this.summary,
      ...(this.step !== undefined && { step: this.step }),
      ...(this.source !== undefined && { source: this.source }),
      ...(this.element !== undefined && { element: this.element }),
      ...(this.hint !== undefined && { hint: this.hint }),
      ...(this.retryable && { retryable: true }),
      ...(cause !== undefined && { cause: causeOf(cause) }),
    };
  }

  static fromEnvelope(envelope: ErrorEnvelope): MillraceError {
    let cause: Error | undefined;
    if (envelope.cause !== undefined) {
      cause = new Error(envelope.cause.message);
      cause.name = envelope.cause.name;
      if (envelope.cause.stack !== undefined) cause.stack = envelope.cause.stack;
    }
    return new MillraceError(envelope.code, envelope.kind, envelope.message, { ...envelope, cause });
  }
}

/** As plain texts, whatever was thrown: anything may be, also what has no text and errors whose parts are no texts. */
function causeOf(cause: unknown): NonNullable<ErrorEnvelope['cause']> {
  if (!(cause instanceof Error)) return { name: 'Error', message: textOf(() => cause) };
  const stack = textOf(() => cause.stack ?? '');
  const name = textOf(() => cause.name);
  return { name, message: textOf(() => cause.message), ...(stack !== '' && { stack }) };
}

/** Whatever was thrown, as a line of text; never fails itself. */
export function thrownText(thrown: unknown): string {
  const { name, message } = causeOf(thrown);
  return thrown instanceof Error ? `${name}: ${message}` : message;
}

function textOf(get: () => unknown): string {
  let value: unknown;
  try {
    value = get();
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function describe(summary: string, d: ErrorDetails): string {
  let text = summary;
  if (d.step !== undefined) text += `\n  step: ${d.step}`;
  if (d.source !== undefined) text += `\n  source: ${d.source}`;
  if (d.element !== undefined) text += `\n  element: ${d.element}`;
  if (d.cause !== undefined) text += `\n  cause: ${thrownText(d.cause)}`;
  if (d.hint !== undefined) text += `\n  HINT: ${d.hint}`;
  return text;
}
