import { definePipeline, option, type Pipeline, type PipelineDefinition } from 'millrace';

/** What a case may need of a runner beyond the core; one that does not declare it must refuse the plan by this name. */
export const REQUIREMENTS = {
  async: 'asynchronous functions',
  drain: 'drain',
  finalization: 'bundle finalisation',
  calendarWindows: 'calendar windows',
  customMergingWindows: 'window functions of your own that merge',
  customWindows: 'window functions of your own',
  customWindowTypes: 'windows of your own, with an id',
  reshuffle: 'Reshuffle',
  splittable: 'splittable functions',
  unbounded: 'unbounded sources',
  testStream: 'TestStream',
  state: 'state',
  mapState: 'map, set and multimap state',
  orderedListState: 'ordered-list state',
  stateTtl: 'state that expires',
  timers: 'timers',
  windowExpiration: 'onWindowExpiration',
  timeSortedInput: 'time-sorted input',
  sideInputs: 'side inputs',
  triggers: 'triggers other than the default one',
  mergingTriggers: 'triggers of windows that merge',
  timestampCombiners: 'timestamp combiners',
  triggeredSideInputs: 'side inputs with a trigger',
} as const;

/** What a case logs when it wants to be drained. */
export const DRAIN_NOW = 'drain now';

export type Requirement = keyof typeof REQUIREMENTS;

/** Under which name a runner refuses what a requirement stands for, where that is another one. */
export const REFUSED_AS: { readonly [R in Requirement]?: string } = {
  testStream: 'beam:transform:teststream:v1',
  sideInputs: 'side inputs',
  mergingTriggers: 'merging windows',
  triggeredSideInputs: 'side inputs with a trigger',
  timeSortedInput: 'time-sorted input',
};

export interface ConformanceCase {
  readonly definition: PipelineDefinition;
  /** Adds the case to a pipeline; `notes` names the file for what its functions note down (`notes.ts`). */
  readonly build: (p: Pipeline, notes: string) => void;
  readonly requires: readonly Requirement[];
  /** Code of the error with which the pipeline must fail. */
  readonly fails: string | undefined;
  /** What the message of that error must contain. */
  readonly saying: readonly string[];
  /** What it must not contain. */
  readonly notSaying: readonly string[];
  /** What the stack of the error's cause names. */
  readonly tracing: readonly string[];
  /** Counters that must have exactly these values, by the end of the step's name and the counter's name. */
  readonly counters: Readonly<Record<string, number>>;
  /** Metrics of other kinds, by the same names, and what their values must have. */
  readonly metrics: Readonly<Record<string, object>>;
  /** It cannot share a job with others. */
  readonly alone: boolean;
  /**
   * It expects that triggers are asked after every element, as our own runners ask them. Beam leaves it to a runner: most ask
   * after a bundle, and then a pane may have more elements than its trigger waited for.
   */
  readonly exactPanes: boolean;
  /** It is drained when it logs {@link DRAIN_NOW}. */
  readonly drains: boolean;
  /** Throws where the lines that the functions of the case have noted down are not what they must be. */
  readonly noted: ((lines: readonly string[]) => void) | undefined;
}

const CASE = Symbol.for('millrace.conformance_case');

export interface CaseOptions {
  readonly requires?: readonly Requirement[];
  readonly fails?: string;
  readonly saying?: readonly string[];
  readonly notSaying?: readonly string[];
  readonly tracing?: readonly string[];
  readonly counters?: Readonly<Record<string, number>>;
  readonly metrics?: Readonly<Record<string, object>>;
  readonly alone?: boolean;
  readonly exactPanes?: boolean;
  readonly drains?: boolean;
  readonly noted?: (lines: readonly string[]) => void;
}

/** A case as a module exports it: a pipeline that any process can build again, with what is expected of its run. */
export function conformanceCase(
  build: (p: Pipeline, notes: string) => void,
  options: CaseOptions = {},
): PipelineDefinition {
  const definition = definePipeline({
    name: 'conformance',
    options: { notes: option.string({ default: '' }) },
    build: (p, { notes }) => build(p, notes),
  });
  const { requires = [], fails, saying = [], notSaying = [], tracing = [], counters = {}, metrics = {} } = options;
  const { alone = false, exactPanes = false, drains = false, noted } = options;
  const facts = {
    build,
    requires,
    fails,
    saying,
    notSaying,
    tracing,
    counters,
    metrics,
    alone: alone || drains || noted !== undefined,
    exactPanes,
    drains,
    noted,
  };
  return Object.freeze({ ...definition, [CASE]: facts }) as PipelineDefinition;
}

/** The cases among the exports of a module, by name of export. */
export function casesIn(exports: object): Map<string, ConformanceCase> {
  const cases = new Map<string, ConformanceCase>();
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== 'object' || value === null || !(CASE in value)) continue;
    const facts = value[CASE] as Omit<ConformanceCase, 'definition'>;
    cases.set(name, { definition: value as PipelineDefinition, ...facts });
  }
  return cases;
}
