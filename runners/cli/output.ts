import { type ErrorEnvelope, MillraceError } from '../../sdk/model/errors.js';
import type { LogRecord } from '../../sdk/model/runner.js';
import type { TextOutput } from './context.js';

export type LogFormat = 'text' | 'json';

/** Everything that a command says beside its result: log records and errors, for people or for machines. */
export class Output {
  /** Turns the places in a stack into those that the reader knows; set once the program is known. */
  readableStack: (stack: string) => string = (stack) => stack;

  constructor(
    private readonly to: TextOutput,
    private readonly format: LogFormat,
    private readonly verbose: boolean,
  ) {}

  get isForMachines(): boolean {
    return this.format === 'json';
  }

  log(record: LogRecord): void {
    if (record.level === 'debug' && !this.verbose) return;
    const { level, message, step, fields = {} } = record;
    if (this.isForMachines) this.json({ level, message, ...(step !== undefined && { step }), ...fields });
    else {
      const rest = Object.entries({ ...(step !== undefined && { step }), ...fields });
      const text = rest.map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
      this.to.write(
        `${new Date().toISOString()} ${level.padEnd(5)} ${printable(message)}${printable(text.join(''))}\n`,
      );
    }
  }

  error(error: unknown): void {
    const envelope = envelopeOf(error);
    const { cause } = envelope;
    if (this.isForMachines) {
      const { stack, ...rest } = cause ?? { stack: undefined };
      this.json({ level: 'error', ...envelope, ...(cause !== undefined && { cause: this.verbose ? cause : rest }) });
      return;
    }
    const lines = [`error ${envelope.code}: ${printable(envelope.message)}`];
    for (const part of ['step', 'source', 'element'] as const) {
      if (envelope[part] !== undefined) lines.push(`  ${part}: ${printable(envelope[part])}`);
    }
    if (cause !== undefined) lines.push(`  cause: ${printable(`${cause.name}: ${cause.message}`)}`);
    if (this.verbose) lines.push(...stackLines(this.readableStack(cause?.stack ?? stackOf(error))));
    if (envelope.hint !== undefined) lines.push(`  HINT: ${printable(envelope.hint)}`);
    this.to.write(`${lines.join('\n')}\n`);
  }

  private json(record: object): void {
    this.to.write(`${JSON.stringify({ time: new Date().toISOString(), ...record })}\n`);
  }
}

export function envelopeOf(error: unknown): ErrorEnvelope {
  if (error instanceof MillraceError) return error.toEnvelope();
  const summary = 'Millrace itself has failed';
  const hint = 'this is a bug: please report it with what --verbose shows';
  return new MillraceError('INTERNAL', 'internal', summary, { cause: error, hint }).toEnvelope();
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? '') : '';
}

function stackLines(stack: string): string[] {
  return stack.split('\n').flatMap((line) => (/^\s+at /.test(line) ? [`    ${line.trim()}`] : []));
}

/** Text of others without what would steer a terminal: control characters but line breaks and tabs. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (found) => {
    return `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
