/** What is recorded: `npm run generate:exchanges` writes one file of test/fixtures/exchanges for each. */
export interface Recording {
  readonly engine: 'prism' | 'flink';
  /** Export of pipelines.ts. */
  readonly pipeline: string;
  /** The steps whose stages are kept. */
  readonly steps: readonly string[];
  /** What is shown by it. */
  readonly shows: string;
  /** Answers for state are cut into pages of so many bytes on the way, where the engine has none. */
  readonly pageBytes?: number;
  /** Kernel threads of a worker when it is played; 1 when absent. */
  readonly threads?: number;
  /** The job has to fail. */
  readonly fails?: boolean;
}

export const RECORDINGS: Readonly<Record<string, Recording>> = {
  'counting-on-prism': {
    engine: 'prism',
    pipeline: 'counting',
    steps: ['count'],
    shows: 'state of several keys in one bundle, asked for before it runs and written at its end',
  },
  'counting-on-flink': {
    engine: 'flink',
    pipeline: 'counting',
    steps: ['count'],
    shows: 'a bundle for each key',
  },
};
