import { CONSOLE_OUTPUT } from 'millrace/console';
import { onTestFinished } from 'vitest';

/** Lines that `writeToConsole` writes from now until the end of the test; they are added as they come. */
export function linesOnConsole(): string[] {
  const host = globalThis as { [CONSOLE_OUTPUT]?: (text: string) => void };
  const lines: string[] = [];
  host[CONSOLE_OUTPUT] = (text) => {
    lines.push(...text.trimEnd().split('\n'));
  };
  onTestFinished(() => {
    delete host[CONSOLE_OUTPUT];
  });
  return lines;
}
