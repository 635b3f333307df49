import { afterEach, expect } from 'vitest';

/** A library does not write to its user's console: a test in which anything does fails. */
const written: string[] = [];
for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
  console[method] = (...values: unknown[]) => {
    written.push(`console.${method}: ${values.map(String).join(' ')}`);
  };
}

afterEach(() => {
  expect(written.splice(0), 'written to the console').toEqual([]);
});
