import { inspect } from 'node:util';

/** Fields of a log message as they can cross threads and processes: anything but text, numbers and booleans is shown. */
export function plainFields(fields: Record<string, unknown>): Record<string, string | number | boolean> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)]));
}

function plain(value: unknown): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return value;
  return inspect(value, { depth: 3, breakLength: Number.POSITIVE_INFINITY });
}
