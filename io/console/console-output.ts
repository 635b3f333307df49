/**
 * Where `writeToConsole` writes. A host that draws on the terminal itself (a line of progress) puts a function here that
 * takes whole lines of text, ending in a newline, and shows them without disturbing its drawing. Else it is standard output.
 */
export const CONSOLE_OUTPUT = Symbol.for('millrace.consoleOutput');

export type ConsoleOutput = (text: string) => void | Promise<void>;

/** Writes whole lines; resolves when the text is handed over, so that a slow reader of ours holds the pipeline back. */
export async function writeToHost(text: string): Promise<void> {
  const host = (globalThis as { [CONSOLE_OUTPUT]?: ConsoleOutput })[CONSOLE_OUTPUT];
  if (host !== undefined) await host(text);
  else await writeToStandardOutput(text);
}

function writeToStandardOutput(text: string): Promise<void> {
  const { stdout } = process;
  return new Promise((resolve, reject) => {
    // A stream without a listener for its errors ends the process: a reader that went away (`| head`) must fail the step.
    stdout.once('error', reject);
    stdout.write(text, (error) => {
      // After a failed write the event still follows, and must still find its listener.
      if (error) return reject(error);
      stdout.off('error', reject);
      resolve();
    });
  });
}
