import type { PCollection, Pipeline } from 'millrace';
import { where } from './where.js';

/** A word and its instant. */
export type Stamped = readonly [word: string, timestamp: number];

export function stamped(p: Pipeline, ...words: Stamped[]): PCollection<string> {
  return p.create(
    'Words',
    words.map(([word]) => word),
    { timestamps: words.map(([, timestamp]) => timestamp) },
  );
}

/** The words of each window, and where they stand: `a+b@9[0,10)`. */
export function grouped(words: PCollection<string>, key: (word: string) => unknown = () => 'k'): PCollection<string> {
  return where(
    words
      .keyBy('Key', key)
      .groupByKey('Group')
      .map('Sorted', ({ value }) => [...value].sort().join('+')),
  );
}
