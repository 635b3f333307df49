import { inspect } from 'node:util';
import { type DoFn, MillraceError, type ProcessContext } from '../../sdk/model/index.js';
import { writeToHost } from './console-output.js';

export interface ConsoleOptions<T> {
  /** The line for an element; by default a string is itself and any other value as Node's console shows it. */
  readonly format?: (element: T, context: Pick<ProcessContext<never>, 'timestamp' | 'window' | 'pane'>) => string;
  /** At most this many elements are shown by each task; how many more there were is said at the end. */
  readonly limit?: number;
}

/** Shows elements on the console, a bundle at a time, and emits nothing. */
export class ConsoleFn<T> implements DoFn<T, never> {
  private text = '';
  private shown = 0;
  private hidden = 0;

  constructor(private readonly options: ConsoleOptions<T>) {}

  process(element: T, context: ProcessContext<never>): void {
    if (this.shown === this.options.limit) {
      this.hidden++;
      return;
    }
    this.shown++;
    this.text += `${this.options.format === undefined ? show(element) : this.options.format(element, context)}\n`;
  }

  async finishBundle(): Promise<void> {
    if (this.text === '') return;
    const { text } = this;
    this.text = '';
    await write(text);
  }

  async teardown(): Promise<void> {
    if (this.hidden > 0) await write(`… and ${this.hidden} more\n`);
  }
}

async function write(text: string): Promise<void> {
  try {
    await writeToHost(text);
  } catch (cause) {
    throw new MillraceError('CONSOLE_CLOSED', 'external', 'cannot write to the standard output', { cause });
  }
}

function show(element: unknown): string {
  if (typeof element === 'string') return element;
  return inspect(element, {
    depth: 6,
    breakLength: Number.POSITIVE_INFINITY,
    maxArrayLength: 100,
    maxStringLength: 10_000,
  });
}
