import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/**
 * Notes something down at once, whatever becomes of the pipeline: what is done to a function after it has failed, or when all is
 * over, shows nowhere else. A case gets the name of its file, which is another one for each run.
 */
export function note(file: string, line: string): void {
  appendFileSync(file, `${line}\n`);
}

/** What has been noted down so far. */
export function notesIn(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}
