import { definePipeline, type Pipeline, type PipelineDefinition } from 'millrace';

/** What a case needs of a runner beyond the core; a runner that does not declare it must refuse the plan by this name. */
export type Requirement = 'async' | 'reshuffle' | 'unbounded';

export interface ConformanceCase {
  readonly definition: PipelineDefinition;
  readonly requires: readonly Requirement[];
  /** Code of the error with which the pipeline must fail. */
  readonly fails: string | undefined;
  /** What the message of that error must contain. */
  readonly saying: readonly string[];
  /** Counters that must have exactly these values, by the end of the step's name and the counter's name. */
  readonly counters: Readonly<Record<string, number>>;
}

const CASE = Symbol.for('millrace.conformance_case');

interface CaseOptions {
  readonly requires?: readonly Requirement[];
  readonly fails?: string;
  readonly saying?: readonly string[];
  readonly counters?: Readonly<Record<string, number>>;
}

/** A case as a module exports it: a pipeline that any process can build again, with what is expected of its run. */
export function conformanceCase(build: (p: Pipeline) => void, options: CaseOptions = {}): PipelineDefinition {
  const definition = definePipeline({ name: 'conformance', build: (p) => build(p) });
  const { requires = [], fails, saying = [], counters = {} } = options;
  const facts = { requires, fails, saying, counters };
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
