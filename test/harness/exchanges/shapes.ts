import type { KV, PCollection, Pipeline } from 'millrace';

export type Pair = KV<string, number>;

export const pair = (key: string, value: number): Pair => ({ key, value });
export const pairs = (p: Pipeline, ...all: readonly Pair[]): PCollection<Pair> =>
  p.create('pairs', all, { timestamps: all.map(({ value }) => value) });

/** What comes out of the step before it is sent to the engine, because another stage goes on with it. */
export const goOn = (out: PCollection<unknown>): void => void out.reshuffle('go on').map('end', () => undefined);
