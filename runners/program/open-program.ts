import { dirname, extname, resolve } from 'node:path';
import { MillraceError } from '../../sdk/model/errors.js';
import type { JsonValue } from '../../sdk/model/json.js';
import type { Plan } from '../../sdk/model/plan.js';
import type { Program } from '../../sdk/model/runner.js';
import type { PipelineDefinition } from '../../sdk/pipeline/define-pipeline.js';
import { type BundleOptions, bundleModule } from './bundle.js';
import { loadDefinition, loadProgram } from './load.js';
import { SourceNames, withSources } from './source-names.js';

export interface OpenOptions extends BundleOptions {
  readonly exportName?: string | undefined;
  /** Sees the pipeline of a module before it is built; what it throws ends the opening. */
  readonly beforeBuild?: ((definition: PipelineDefinition) => void) | undefined;
}

/** A program, and its plan with source lines as a reader in the working directory knows them. */
export interface OpenedProgram {
  /** Its plan is the same wherever it was built. */
  readonly program: Program;
  readonly planForReader: Plan;
  readonly names?: SourceNames;
}

export function isPlanPath(path: string): boolean {
  return extname(path) === '.json';
}

/**
 * Opens what a command line names: a module with a pipeline, which is bundled and built with the options, or a plan,
 * whose bundle is looked for beside it and in the cache.
 */
export async function openProgram(
  path: string,
  options: { readonly [name: string]: JsonValue | undefined },
  open: OpenOptions = {},
): Promise<OpenedProgram> {
  return isPlanPath(path) ? openPlan(path, Object.keys(options), open) : openModule(path, options, open);
}

/** The pipeline that a module holds, not built yet. */
export async function openDefinition(path: string, open: OpenOptions = {}): Promise<PipelineDefinition> {
  const bundle = await bundleModule(path, open);
  const { definition } = await loadDefinition({ bundle, exportName: open.exportName });
  return definition;
}

async function openModule(
  path: string,
  options: { readonly [name: string]: JsonValue | undefined },
  open: OpenOptions,
): Promise<OpenedProgram> {
  const bundle = await bundleModule(path, open);
  if (open.beforeBuild !== undefined) {
    open.beforeBuild((await loadDefinition({ bundle, exportName: open.exportName })).definition);
  }
  const program = await loadProgram({ bundle, exportName: open.exportName, options });
  const names = new SourceNames(bundle.path, bundle.sourceFolder);
  return { program, names, planForReader: withSources(program.plan, (place) => names.forReader(place)) };
}

async function openPlan(path: string, given: readonly string[], open: OpenOptions): Promise<OpenedProgram> {
  if (given.length > 0) {
    const names = given.map((name) => `--${name}`).join(', ');
    throw new MillraceError('OPTIONS_OF_PLAN', 'options', `a plan has its options already; ${names} cannot be set`, {
      hint: 'make another plan from the module (millrace plan MODULE --out FILE)',
    });
  }
  if (open.exportName !== undefined) {
    throw new MillraceError('OPTIONS_OF_PLAN', 'options', 'a plan holds one pipeline; --export is for modules');
  }
  // Checking a plan takes much code that a module does not need.
  const { findBundle, readPlan } = await import('./plan-files.js');
  const plan = await readPlan(path);
  const bundle = await findBundle(plan, path, open.cacheFolder);
  if (bundle === undefined) return { program: { plan, resolver: withoutFunctions(path) }, planForReader: plan };
  const program = await loadProgram({
    bundle: { ...bundle, sourceFolder: dirname(resolve(path)) },
    expectedPlan: plan,
  });
  return { program, planForReader: plan };
}

function withoutFunctions(path: string): Program['resolver'] {
  const refuse = (ref: { readonly kind: string }): never => {
    throw new MillraceError(
      'FUNCTION_UNKNOWN',
      'plan',
      `${path} refers to a function (${ref.kind}) that it does not carry`,
      {
        hint: 'functions written inline run only in the process that built the plan; make a module of the pipeline',
      },
    );
  };
  return { resolve: refuse, instantiate: refuse };
}
