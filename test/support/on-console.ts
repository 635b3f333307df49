import { CONSOLE_OUTPUT } from 'millrace/console';
import { onTestFinished } from 'vitest';

/** Hands on what `writeToConsole` writes, until the end of the test. */
export function onConsole(write: (text: string) => void): void {
  const host = globalThis as { [CONSOLE_OUTPUT]?: (text: string) => void };
  host[CONSOLE_OUTPUT] = write;
  onTestFinished(() => {
    delete host[CONSOLE_OUTPUT];
  });
}

/** What `writeToConsole` has written from now on. */
export function textOnConsole(): () => string {
  let text = '';
  onConsole((more) => {
    text += more;
  });
  return () => text;
}
