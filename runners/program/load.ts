import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MillraceError } from '../../sdk/model/errors.js';
import type { JsonValue } from '../../sdk/model/json.js';
import type { NodeEnvironmentPayload, Plan } from '../../sdk/model/plan.js';
import { planHash } from '../../sdk/model/plan-hash.js';
import type { BundleRef, Program } from '../../sdk/model/runner.js';
import { MILLRACE_ENVIRONMENT } from '../../sdk/model/urns.js';
import { MILLRACE_VERSION } from '../../sdk/model/version.js';
import { type BuiltPlan, buildPlan } from '../../sdk/pipeline/build-plan.js';
import type { PipelineDefinition } from '../../sdk/pipeline/define-pipeline.js';
import { sha256 } from './bundle-cache.js';
import { importExternal } from './externals.js';
import { findDefinition } from './find-definition.js';
import { importHostModule, linkToHost } from './host.js';
import { type BundleManifest, readManifest } from './manifest.js';
import { firstDifference } from './plan-difference.js';
import { SourceNames, withSources } from './source-names.js';

/** All that a process needs to know to run a program: plain data, so that it can cross threads and networks. */
export interface LoadRequest {
  readonly bundle: BundleRef;
  /** Which of the module's pipelines; see `findDefinition`. A plan that is expected says it itself. */
  readonly exportName?: string | undefined;
  /** Values of options as texts of a command line or as JSON. A plan that is expected has them itself. */
  readonly options?: { readonly [name: string]: JsonValue | undefined };
  /** The plan that the build must give again. */
  readonly expectedPlan?: Plan | undefined;
}

/** A program whose functions are in this process. */
export interface LoadedProgram extends Program {
  readonly bundle: BundleRef;
  readonly definition: PipelineDefinition;
}

/**
 * Imports a bundle and builds its pipeline. Every process that runs a program comes this way: the one that builds the
 * plan first, worker threads, and the harness on a cluster.
 *
 * @throws MillraceError PROGRAM_BUNDLE_MISSING, PROGRAM_BUNDLE_CHANGED, PROGRAM_VERSION_MISMATCH, PROGRAM_MODULE_THREW,
 * PROGRAM_NO_PIPELINE, PROGRAM_SEVERAL_PIPELINES, PROGRAM_BUILDER_THREW, PLAN_REBUILD_DIFFERS, and the builder's own
 */
export async function loadProgram(request: LoadRequest): Promise<LoadedProgram> {
  const { bundle, expectedPlan } = request;
  const { definition, exportName } = await loadDefinition(request);
  const options = expectedPlan?.options ?? request.options ?? {};
  const names = new SourceNames(bundle.path, bundle.sourceFolder);
  const environment = { bundle: bundle.sha256, export: exportName };
  const { plan, resolver } = build(definition, { options, environment }, names);
  if (expectedPlan === undefined) return { plan, bundle, resolver, definition };
  mustBeSame(expectedPlan, plan);
  return { plan: expectedPlan, bundle, resolver, definition };
}

/** The pipeline of a bundle, not built yet: what `--help` of a pipeline shows. */
export async function loadDefinition(
  request: Omit<LoadRequest, 'options'>,
): Promise<{ readonly definition: PipelineDefinition; readonly exportName: string }> {
  const { bundle, expectedPlan } = request;
  const module = await importBundle(bundle);
  return findDefinition(module, exportOf(expectedPlan, bundle) ?? request.exportName);
}

async function importBundle(bundle: BundleRef): Promise<Record<string, unknown>> {
  await link(readManifest(await readVerified(bundle), bundle.path), bundle.sourceFolder ?? dirname(bundle.path));
  // Set before the bundle is compiled, so that stacks and source lines are the author's.
  process.setSourceMapsEnabled(true);
  try {
    return (await import(pathToFileURL(bundle.path).href)) as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    const source = new SourceNames(bundle.path, bundle.sourceFolder).lineOf(cause);
    throw new MillraceError('PROGRAM_MODULE_THREW', 'function', 'the module throws while it is imported', {
      cause,
      source,
    });
  }
}

async function readVerified(bundle: BundleRef): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(bundle.path);
  } catch (cause) {
    throw new MillraceError('PROGRAM_BUNDLE_MISSING', 'options', `the bundle ${bundle.path} cannot be read`, { cause });
  }
  const actual = sha256(bytes);
  if (actual !== bundle.sha256) {
    throw new MillraceError(
      'PROGRAM_BUNDLE_CHANGED',
      'options',
      `the bundle ${bundle.path} is not the one that the plan was made with: its SHA-256 is ${actual}, not ${bundle.sha256}`,
      { hint: 'make the plan again from its module (millrace plan MODULE --out FILE)' },
    );
  }
  return bytes.toString('utf8');
}

/** Loads what the bundle left outside, and nothing else. */
async function link(manifest: BundleManifest, folder: string): Promise<void> {
  if (minorOf(manifest.millrace) !== minorOf(MILLRACE_VERSION)) {
    throw new MillraceError(
      'PROGRAM_VERSION_MISMATCH',
      'options',
      `the program was bundled with millrace ${manifest.millrace}, and this is ${MILLRACE_VERSION}`,
      { hint: `run it with millrace ${minorOf(manifest.millrace)}, or make it again with this version` },
    );
  }
  const folders = [folder, process.cwd()];
  const modules: Record<string, unknown> = {};
  for (const specifier of manifest.modules) modules[specifier] = await importHostModule(specifier);
  for (const specifier of manifest.external) modules[specifier] = await importExternal(specifier, folders);
  linkToHost(modules);
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function build(
  definition: PipelineDefinition,
  options: Parameters<typeof buildPlan>[1],
  names: SourceNames,
): BuiltPlan {
  try {
    const { plan, resolver } = buildPlan(definition, options);
    return { plan: withSources(plan, (place) => names.inBundle(place)), resolver };
  } catch (error) {
    if (!(error instanceof MillraceError)) {
      const summary = `the builder of the pipeline '${definition.name}' throws`;
      throw new MillraceError('PROGRAM_BUILDER_THREW', 'function', summary, {
        cause: error,
        source: names.lineOf(error),
      });
    }
    if (error.source === undefined) throw error;
    const { code, kind, summary, step, element, hint, retryable, cause } = error;
    const source = names.forReader(names.inBundle(error.source));
    throw new MillraceError(code, kind, names.inText(summary), { step, element, hint, retryable, cause, source });
  }
}

function exportOf(plan: Plan | undefined, bundle: BundleRef): string | undefined {
  for (const { urn, payload } of Object.values(plan?.components.environments ?? {})) {
    const node = payload as NodeEnvironmentPayload | undefined;
    if (urn === MILLRACE_ENVIRONMENT.node && node?.bundle === bundle.sha256) return node.export;
  }
  return undefined;
}

/**
 * The bundle is the same to the byte and the version of Millrace close enough, so the environments are not compared: a
 * plan may be run by a later patch of Millrace.
 */
function mustBeSame(expected: Plan, built: Plan): void {
  const { environments } = expected.components;
  const actual = { ...built, components: { ...built.components, environments } };
  if (planHash(expected) === planHash(actual)) return;
  const { step, source, what } = firstDifference(expected, actual) ?? { what: 'its plan differs' };
  const subject = step === undefined ? `the pipeline '${expected.name}'` : 'a step';
  throw new MillraceError(
    'PLAN_REBUILD_DIFFERS',
    'plan',
    `${subject} is not as in the plan when it is built again: ${what}`,
    {
      step,
      source,
      hint: 'a builder may depend on its options only: no clock, no randomness, no environment, no files',
    },
  );
}
