import { appendFileSync } from 'node:fs';
import { type DoFn, option } from 'millrace';

/** Appends each element as a line of JSON, by one call, so that lines of several workers do not mix. */
export class AppendLines implements DoFn<unknown, never> {
  constructor(private readonly path: string) {}
  process(element: unknown): void {
    appendFileSync(this.path, `${JSON.stringify(element)}\n`);
  }
}

export const output = { output: option.string({ description: 'file to append to' }) };
