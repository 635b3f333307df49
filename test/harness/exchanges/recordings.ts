/** What is recorded: `npm run generate:exchanges` writes one file of test/fixtures/exchanges for each. */
export interface Recording {
  readonly engine: 'prism' | 'flink';
  /** Export of pipelines.ts. */
  readonly pipeline: string;
  /** Names of transforms, as the engine has them, whose stages are kept. */
  readonly steps: readonly string[];
  /** What is to be seen in it. */
  readonly shows: string;
  /** Answers for state are cut into pages of so many bytes on the way, because neither engine does. */
  readonly pageBytes?: number;
  /** The job has to fail. */
  readonly fails?: boolean;
}

export const RECORDINGS: Readonly<Record<string, Recording>> = {
  'state-of-several-keys': {
    engine: 'prism',
    pipeline: 'counting',
    steps: ['count'],
    shows: 'state of several keys: asked for before the bundle runs, written at its end',
  },
  'state-with-cache-tokens': {
    engine: 'flink',
    pipeline: 'remembering',
    steps: ['remember'],
    shows: 'state under a cache token: what one bundle has written, the next one does not ask for',
  },
  'state-in-pages': {
    engine: 'prism',
    pipeline: 'remembering',
    steps: ['remember'],
    shows: 'state that comes in pages, by continuation tokens; cells of every kind as bags',
    pageBytes: 24,
  },
  'timers-in-event-time-on-prism': {
    engine: 'prism',
    pipeline: 'eventTimers',
    steps: ['time'],
    shows: 'timers with tags, cleared, moved, set by others, with an output timestamp',
  },
  'timers-in-event-time-on-flink': {
    engine: 'flink',
    pipeline: 'eventTimers',
    steps: ['time'],
    shows: 'the same timers, one bundle after the other under a cache token',
  },
  'timers-by-the-clock': {
    engine: 'prism',
    pipeline: 'clockTimers',
    steps: ['time'],
    shows: 'timers by the clock; one that was cleared comes back with an empty pane',
  },
  'timers-of-two-families': {
    engine: 'flink',
    pipeline: 'twoFamilies',
    steps: ['time'],
    shows: 'what is due comes family by family, not by time',
  },
  'end-of-windows': {
    engine: 'prism',
    pipeline: 'expiration',
    steps: ['count'],
    shows: 'the end of a window is a timer, and waits for what is set meanwhile',
  },
  'no-split-between-elements-of-a-key': {
    engine: 'prism',
    pipeline: 'keyWithState',
    steps: ['count'],
    shows: 'a bundle with state is not split: its key would be worked on in two bundles at a time',
  },
  'side-iterable-in-pages': {
    engine: 'prism',
    pipeline: 'sideIterable',
    steps: ['look'],
    shows: 'a side input that comes in pages',
    pageBytes: 24,
  },
  'side-multimap-in-pages': {
    engine: 'prism',
    pipeline: 'sideMultimap',
    steps: ['look'],
    shows: 'a side input read key by key, in pages',
    pageBytes: 8,
  },
  'side-multimap-on-flink': {
    engine: 'flink',
    pipeline: 'sideMultimap',
    steps: ['look'],
    shows: 'side inputs of Flink',
  },
  'side-keys': { engine: 'prism', pipeline: 'sideKeys', steps: ['look'], shows: 'all keys of a side input' },
  'side-map': { engine: 'prism', pipeline: 'sideMap', steps: ['look'], shows: 'a map as a side input' },
  'side-windows': { engine: 'prism', pipeline: 'sideWindows', steps: ['look'], shows: 'windows of a side input' },
  'self-checkpoint': {
    engine: 'prism',
    pipeline: 'selfCheckpoints',
    steps: ['ecount_processandsplit'],
    shows: 'unbounded work that gives back what is left, with a delay, and is told what is safe',
  },
  'channel-split': {
    engine: 'prism',
    pipeline: 'channelSplit',
    steps: ['ecount_processandsplit'],
    shows: 'elements that have not been begun are given away',
  },
  'element-split': {
    engine: 'prism',
    pipeline: 'elementSplit',
    steps: ['ecount_processandsplit'],
    shows: 'a part of the element under way is given away',
  },
  finalization: {
    engine: 'prism',
    pipeline: 'finalization',
    steps: ['tell'],
    shows: 'a bundle is told that it is safe',
  },
  'metrics-on-prism': { engine: 'prism', pipeline: 'metrics', steps: ['measure'], shows: 'metrics under short names' },
  'metrics-on-flink': {
    engine: 'flink',
    pipeline: 'metrics',
    steps: ['measure'],
    shows: 'metrics under their full names',
  },
  progress: {
    engine: 'prism',
    pipeline: 'progress',
    steps: ['measure'],
    shows: 'what is said of a bundle while it runs',
  },
  failure: { engine: 'prism', pipeline: 'failing', steps: ['check'], shows: 'a function that throws', fails: true },
  'input-that-a-flatten-lists-twice': {
    engine: 'flink',
    pipeline: 'twice',
    steps: ['flatten', 'see', 'words'],
    shows: 'Flink loses one of two equal inputs, so the second one is a copy',
  },
  'test-stream': {
    engine: 'prism',
    pipeline: 'streamed',
    steps: ['see'],
    shows: 'elements of a test stream come in frames',
  },
  'combination-on-prism': {
    engine: 'prism',
    pipeline: 'combined',
    steps: ['esum_lift', 'esum_merge'],
    shows: 'a combination that the engine lifts',
  },
  'combination-on-flink': {
    engine: 'flink',
    pipeline: 'combined',
    steps: ['sum'],
    shows: 'a combination in the parts that Flink knows',
  },
};
