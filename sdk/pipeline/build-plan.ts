import { createHash } from 'node:crypto';
import { canonicalJson } from '../model/canonical-json.js';
import type { JsonValue } from '../model/json.js';
import type {
  EnvironmentSpec,
  NodeEnvironmentPayload,
  PCollectionSpec,
  Plan,
  ResourceHints,
  StepDisplay,
  TransformSpec,
} from '../model/plan.js';
import { PLAN_FORMAT_VERSION } from '../model/plan.js';
import type { FunctionResolver } from '../model/resolver.js';
import { MILLRACE_ENVIRONMENT } from '../model/urns.js';
import { MILLRACE_VERSION } from '../model/version.js';
import type { PipelineDefinition } from './define-pipeline.js';
import { FunctionTable } from './function-table.js';
import type { CollectionNode, SpecContext, StepNode } from './graph.js';
import type { OptionDeclarations, OptionsOf } from './options.js';
import { parseOptions } from './parse-options.js';
import { Pipeline } from './pipeline.js';
import { PLAN_ERROR, planError } from './plan-error.js';
import { IdTable } from './plan-ids.js';
import { PIPELINE } from './plan-nodes.js';
import { withPureGlobals } from './purity.js';
import { CoderTable, WINDOW_FN_SLOT, WindowingTable } from './shared-components.js';

export interface BuildOptions {
  /** Values of the pipeline's options: texts of a command line, or the `options` of a plan. */
  readonly options?: { readonly [name: string]: JsonValue | undefined };
  /** The bundle (its sha256) and the export from which workers build the pipeline again. */
  readonly environment?: Pick<NodeEnvironmentPayload, 'bundle' | 'export'>;
  /** Whether functions are references into this process, instead of ones that a rebuild finds. */
  readonly inline?: boolean;
}

/** A plan, and the functions of the build that made it. */
export interface BuiltPlan {
  readonly plan: Plan;
  readonly resolver: FunctionResolver;
}

const ENVIRONMENT_ID = 'node';

/**
 * Runs a pipeline's builder, and writes down what it made. The plan is plain data with sorted names; building the same
 * pipeline with the same options gives the same bytes.
 */
export function buildPlan<D extends OptionDeclarations>(
  definition: PipelineDefinition<D>,
  { options = {}, environment = {}, inline = false }: BuildOptions = {},
): BuiltPlan {
  const values = parseOptions(definition.options, options);
  const pipeline = new Pipeline();
  withPureGlobals(() => {
    // Absent options are read as undefined; names without a prototype cannot be mistaken for those of Object.
    const seen = Object.assign(Object.create(null), structuredClone(values)) as OptionsOf<D>;
    const result: unknown = definition.build(pipeline, seen);
    if (isThenable(result)) refuseAsync(definition.name, result);
  });
  const graph = pipeline[PIPELINE];
  graph.seal();
  const resolver = new FunctionTable(inline);
  const writer = new PlanWriter(resolver);
  const rootTransformIds = writer.addChildren(graph.root);
  const plan: Plan = {
    formatVersion: PLAN_FORMAT_VERSION,
    name: definition.name,
    components: {
      transforms: Object.fromEntries(writer.transforms),
      pcollections: Object.fromEntries(writer.pcollections),
      windowingStrategies: Object.fromEntries(writer.windowings.specs),
      coders: Object.fromEntries(writer.coders.specs),
      environments: writer.environments({
        urn: MILLRACE_ENVIRONMENT.node,
        payload: { ...environment, millraceVersion: MILLRACE_VERSION },
      }),
    },
    rootTransformIds,
    requirements: [...writer.requirements].sort(),
    options: values,
    displayData: Object.fromEntries(writer.display),
  };
  // What passes on is data, with sorted names, and shares nothing with the author's objects.
  return { plan: JSON.parse(canonicalJson(plan)) as Plan, resolver };
}

/** Turns steps and collections into components, and gives them ids. */
class PlanWriter implements SpecContext {
  readonly transforms = new Map<string, TransformSpec>();
  readonly pcollections = new Map<string, PCollectionSpec>();
  readonly display = new Map<string, StepDisplay>();
  readonly requirements = new Set<string>();
  readonly coders = new CoderTable();
  readonly windowings = new WindowingTable(this.coders, ENVIRONMENT_ID);
  readonly #functions: FunctionTable;
  readonly #transformIds = new IdTable();
  readonly #collectionIds = new IdTable();
  readonly #idOfCollection = new Map<CollectionNode, string>();
  readonly #hints = new Map<string, ResourceHints>();

  constructor(functions: FunctionTable) {
    this.#functions = functions;
  }

  coderId(coder: Parameters<SpecContext['coderId']>[0]): string {
    return this.coders.idOf(coder);
  }

  require(urn: string): void {
    this.requirements.add(urn);
  }

  ref(...[step, slot, entry]: Parameters<SpecContext['ref']>): ReturnType<SpecContext['ref']> {
    return this.#functions.add(step.fullName, slot, entry);
  }

  windowFn(...[step, windowFn]: Parameters<SpecContext['windowFn']>): ReturnType<SpecContext['windowFn']> {
    return this.windowings.specOf(windowFn, (entry) => this.ref(step, WINDOW_FN_SLOT, entry));
  }

  /** Adds all steps below one, and answers the ids of those directly below. */
  addChildren(parent: StepNode): string[] {
    return [...parent.children.values()].flatMap((step) => {
      const id = this.#addStep(step);
      return id === undefined ? [] : [id];
    });
  }

  #addStep(step: StepNode): string | undefined {
    // A composite that applied nothing has no meaning in a plan.
    if (step.spec === undefined && step.children.size === 0) return undefined;
    const id = this.#transformIds.claim(step.fullName);
    const subtransforms = this.addChildren(step);
    const spec = step.spec?.(this);
    this.transforms.set(id, {
      uniqueName: step.fullName,
      ...(spec !== undefined && { spec }),
      ...(subtransforms.length > 0 && { subtransforms }),
      inputs: this.#collections(step.inputs),
      outputs: this.#collections(step.outputs),
      ...(step.needsEnvironment && { environmentId: this.#environmentId(step) }),
      ...(Object.keys(step.annotations).length > 0 && { annotations: step.annotations }),
    });
    const { source, isUnnamed } = step;
    if (source !== undefined || isUnnamed)
      this.display.set(id, { ...(source !== undefined && { source }), ...(isUnnamed && { isUnnamed }) });
    return id;
  }

  /** That of all, and one for each set of hints: where a step runs is what they are about. */
  environments(plain: EnvironmentSpec): { [id: string]: EnvironmentSpec } {
    const hinted = [...this.#hints].map(([id, resourceHints]) => [id, { ...plain, resourceHints }] as const);
    return { [ENVIRONMENT_ID]: plain, ...Object.fromEntries(hinted) };
  }

  #environmentId({ resourceHints }: StepNode): string {
    if (resourceHints === undefined) return ENVIRONMENT_ID;
    const digest = createHash('sha256').update(canonicalJson(resourceHints)).digest('hex');
    const id = `${ENVIRONMENT_ID}_${digest.slice(0, 8)}`;
    this.#hints.set(id, resourceHints);
    return id;
  }

  #collections(nodes: ReadonlyMap<string, CollectionNode>): { [tag: string]: string } {
    return Object.fromEntries([...nodes].map(([tag, node]) => [tag, this.#collectionId(node)]));
  }

  #collectionId(node: CollectionNode): string {
    const known = this.#idOfCollection.get(node);
    if (known !== undefined) return known;
    const uniqueName = `${node.producer.fullName}.${node.tag}`;
    const id = this.#collectionIds.claim(uniqueName);
    this.#idOfCollection.set(node, id);
    this.pcollections.set(id, {
      uniqueName,
      coderId: this.coders.idOf(node.coder),
      isBounded: node.isBounded ? 'BOUNDED' : 'UNBOUNDED',
      windowingStrategyId: this.windowings.idOf(node.windowing),
    });
    return id;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function refuseAsync(name: string, promise: PromiseLike<unknown>): never {
  // Its failure, if any, comes too late to matter.
  promise.then(undefined, () => undefined);
  throw planError(PLAN_ERROR.asyncBuilder, `the builder of ${name} is asynchronous`, {
    hint: 'await what you need at the top of the module, or inside a step; `build` only puts steps together',
  });
}
