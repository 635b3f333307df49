/** Copies of one text within an owner: each has to get warm by itself, so hundreds of them cost more than they save. */
const COPIES = 16;

/** By owner: how often it has asked for a text. */
const serials = new WeakMap<object, Map<string, number>>();

/**
 * Runs generated text, which sees `values` by their names, and answers what it returns. Within one owner (a job) a text
 * gets call sites of its own, also where some others have the same words: the engine would hand all of them the same
 * inline caches, and chains of steps would spoil each other's. The same job run again finds what was compiled for it. The
 * text never holds a string that comes from a plan.
 */
export function generate(owner: object, values: Readonly<Record<string, unknown>>, text: string): unknown {
  let counts = serials.get(owner);
  if (counts === undefined) {
    counts = new Map();
    serials.set(owner, counts);
  }
  const serial = counts.get(text) ?? 0;
  counts.set(text, serial + 1);
  const run = new Function(...Object.keys(values), `'use strict'; // ${serial % COPIES}\n${text}`);
  return run(...Object.values(values));
}
