import type { TextOutput } from './context.js';

/**
 * One line at the bottom of a terminal that is written over and over. What others write meanwhile, to this terminal
 * by either stream, appears above it.
 */
export class LiveLine {
  private shown = '';
  private readonly restores: (() => void)[] = [];

  constructor(
    private readonly terminal: TextOutput,
    others: readonly TextOutput[],
  ) {
    for (const stream of new Set([terminal, ...others])) this.intercept(stream);
  }

  show(line: string): void {
    const width = (this.terminal.columns || 80) - 1;
    this.erase();
    this.shown = line.length > width ? `${line.slice(0, width - 1)}…` : line;
    this.write(this.shown);
  }

  /** Takes the line away for good. */
  close(): void {
    this.erase();
    for (const restore of this.restores.reverse()) restore();
  }

  private write: (text: string) => unknown = () => undefined;

  private erase(): void {
    if (this.shown !== '') this.write('\r\u001b[2K');
    this.shown = '';
  }

  private intercept(stream: TextOutput): void {
    const write = stream.write;
    if (stream === this.terminal) this.write = (text) => write.call(stream, text);
    const replacement = (...args: Parameters<typeof write>) => {
      // The next tick shows the line again.
      this.erase();
      return write.apply(stream, args);
    };
    stream.write = replacement;
    this.restores.push(() => {
      if (stream.write === replacement) stream.write = write;
    });
  }
}
