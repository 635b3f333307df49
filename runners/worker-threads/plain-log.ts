import { inspect } from 'node:util';
import type { LogRecord } from '../../sdk/model/index.js';

/** A log record that can go to another thread: fields that cannot be cloned are shown as text. */
export function plainLog(record: LogRecord): LogRecord {
  if (record.fields === undefined) return record;
  const fields = Object.entries(record.fields).map(([name, value]) => [name, isPlain(value) ? value : inspect(value)]);
  return { ...record, fields: Object.fromEntries(fields) };
}

/** Errors could be cloned, but a reader wants their whole text. */
function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean', 'bigint', 'undefined'].includes(typeof value);
}
