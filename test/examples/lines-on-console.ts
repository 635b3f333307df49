import { onConsole } from '../support/on-console.js';

/** Lines that `writeToConsole` writes from now until the end of the test; they are added as they come. */
export function linesOnConsole(): string[] {
  const lines: string[] = [];
  onConsole((text) => {
    lines.push(...text.trimEnd().split('\n'));
  });
  return lines;
}
