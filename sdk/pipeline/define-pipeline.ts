import type { OptionDeclarations, OptionsOf } from './options.js';
import type { Pipeline } from './pipeline.js';

const DEFINITION = Symbol.for('millrace.pipeline_definition');

/** A pipeline that can be built: what a module exports. */
export interface PipelineDefinition<D extends OptionDeclarations = OptionDeclarations> {
  readonly name: string;
  readonly options: D;
  build(pipeline: Pipeline, options: OptionsOf<D>): void;
}

/**
 * Defines a pipeline. `build` is synchronous, and looks at nothing but its options: workers call it again, and must get
 * the same pipeline. Steps run later, and not at all while it builds.
 */
export function definePipeline<const D extends OptionDeclarations = Record<never, never>>(definition: {
  readonly name: string;
  readonly options?: D;
  build(pipeline: Pipeline, options: OptionsOf<D>): void;
}): PipelineDefinition<D> {
  const { name, options = {} as D } = definition;
  const build = (pipeline: Pipeline, values: OptionsOf<D>): void => definition.build(pipeline, values);
  return Object.freeze({ [DEFINITION]: true, name, options, build });
}

/** Whether a module's export is a pipeline; also true for one that another copy of this package defined. */
export function isPipelineDefinition(value: unknown): value is PipelineDefinition {
  return typeof value === 'object' && value !== null && DEFINITION in value;
}
