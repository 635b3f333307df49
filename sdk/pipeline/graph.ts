import type { Coder } from '../model/coder.js';
import type { JsonObject } from '../model/json.js';
import type { UserFunctionRef } from '../model/payloads.js';
import type { FunctionSpec, ResourceHints } from '../model/plan.js';
import type { FunctionEntry } from './function-table.js';
import { PLAN_ERROR, planError } from './plan-error.js';
import { callersLine } from './source-line.js';
import type { WindowFnDescriptor } from './window-fns.js';
import type { Windowing } from './windowing.js';

/** What a step's spec may ask for when ids are given out. */
export interface SpecContext {
  coderId(coder: Coder<unknown>): string;
  /** Enters a function of the step, and answers its reference. */
  ref(step: StepNode, slot: string, entry: FunctionEntry): UserFunctionRef;
  require(urn: string): void;
  /** One of the author's is entered under the first step that uses it. */
  windowFn(step: StepNode, windowFn: WindowFnDescriptor<never>): FunctionSpec;
}

/** Where a coder came from: nobody chose it, somebody did, or it is that of other collections. */
export type CoderOrigin = 'default' | 'declared' | { readonly like: readonly CollectionNode[] };

/** The coder of an output, and where it came from. */
export interface CodedOutput {
  readonly coder: Coder<unknown>;
  readonly coderOrigin: CoderOrigin;
}

/** A PCollection while its pipeline is built. */
export class CollectionNode {
  /** Steps that may pass its elements on as bytes, so that their outputs must keep its coder. */
  readonly passedOnBy: StepNode[] = [];

  constructor(
    readonly graph: Graph,
    readonly producer: StepNode,
    readonly tag: string,
    readonly isBounded: boolean,
    readonly windowing: Windowing,
    /** The coder may change until the builder is done: what is grouped becomes a KV. */
    public coder: Coder<unknown>,
    public coderOrigin: CoderOrigin,
  ) {}
}

/** A transform while its pipeline is built; composites have children, leaves a spec, some both. */
export class StepNode {
  /** By their own names, in the order in which they were made. */
  readonly children = new Map<string, StepNode>();
  readonly inputs = new Map<string, CollectionNode>();
  readonly outputs = new Map<string, CollectionNode>();
  /** Automatic name → the least number that may be free behind it. */
  readonly #numbers = new Map<string, number>();
  readonly annotations: { [name: string]: JsonObject | boolean | string } = {};
  /** Made at the end of the build, when coders no longer change. */
  spec: ((context: SpecContext) => FunctionSpec) | undefined;
  /** Whether the author's code or coders are needed to run it. */
  needsEnvironment = false;
  /** What it asks of the machine. */
  resourceHints: ResourceHints | undefined;

  constructor(
    readonly parent: StepNode | undefined,
    /** The whole path, its parts joined by `/`. */
    readonly fullName: string,
    /** `file:line:column` of the call that made it. */
    readonly source: string | undefined,
    /** The name is automatic. */
    readonly isUnnamed: boolean,
  ) {}

  /** A name that no child has: `base`, or the first of `base_2`, `base_3` … that is free. */
  freeName(base: string): string {
    if (!this.children.has(base)) return base;
    let number = this.#numbers.get(base) ?? 2;
    while (this.children.has(`${base}_${number}`)) number++;
    this.#numbers.set(base, number + 1);
    return `${base}_${number}`;
  }

  isInside(ancestor: StepNode): boolean {
    for (let at: StepNode | undefined = this; at !== undefined; at = at.parent) if (at === ancestor) return true;
    return false;
  }

  addOutput(
    graph: Graph,
    tag: string,
    output: Pick<CollectionNode, 'isBounded' | 'windowing' | 'coder' | 'coderOrigin'>,
  ): CollectionNode {
    const { isBounded, windowing, coder, coderOrigin } = output;
    const node = new CollectionNode(graph, this, tag, isBounded, windowing, coder, coderOrigin);
    this.outputs.set(tag, node);
    return node;
  }
}

/** What the calls of a builder have written down so far. */
export class Graph {
  readonly root = new StepNode(undefined, '', undefined, false);
  #scope = this.root;
  #sealed = false;

  /** Makes a step under the one whose `expand` is running, and runs `body` inside of it. */
  step<R>(automaticName: string, explicitName: string | undefined, body: (step: StepNode) => R): R {
    const source = callersLine();
    const parent = this.#scope;
    if (this.#sealed)
      throw planError(PLAN_ERROR.sealed, 'the pipeline is built already, and takes no more steps', {
        source,
        hint: 'make all steps before `build` returns, and never inside the function of a step',
      });
    const name = explicitName === undefined ? parent.freeName(automaticName) : checkName(parent, explicitName, source);
    const fullName = parent === this.root ? name : `${parent.fullName}/${name}`;
    const step = new StepNode(parent, fullName, source, explicitName === undefined);
    parent.children.set(name, step);
    this.#scope = step;
    try {
      return body(step);
    } finally {
      this.#scope = parent;
    }
  }

  /** Takes a collection as an input of a step. */
  connect(step: StepNode, tag: string, input: CollectionNode): void {
    if (input.graph !== this)
      throw planError(PLAN_ERROR.foreign, `the output of ${input.producer.fullName} belongs to another pipeline`, {
        step: step.fullName,
        source: step.source,
      });
    step.inputs.set(tag, input);
    declareCrossings(step, input);
  }

  seal(): void {
    this.#sealed = true;
  }
}

/** A composite says what enters and what leaves it, also where its `expand` took or gave it away on the side. */
function declareCrossings(consumer: StepNode, input: CollectionNode): void {
  for (let at = consumer.parent; at?.parent !== undefined && !input.producer.isInside(at); at = at.parent)
    declare(at.inputs, 'input', input);
  for (let at = input.producer.parent; at?.parent !== undefined && !consumer.isInside(at); at = at.parent)
    declare(at.outputs, 'output', input);
}

function declare(ports: Map<string, CollectionNode>, kind: string, node: CollectionNode): void {
  if (![...ports.values()].includes(node)) ports.set(`${kind}_${ports.size + 1}`, node);
}

function checkName(parent: StepNode, name: string, source: string | undefined): string {
  if (name === '' || /[/\p{Cc}\p{Surrogate}]/u.test(name))
    throw planError(PLAN_ERROR.stepName, `${JSON.stringify(name)} cannot name a step`, {
      source,
      hint: 'a name is not empty and holds neither `/`, which joins the names of nested steps, nor control characters',
    });
  const other = parent.children.get(name);
  if (other !== undefined)
    throw planError(
      PLAN_ERROR.duplicateStep,
      `two steps are named ${other.fullName}: at ${other.source ?? 'an unknown line'} and at ${source ?? 'an unknown line'}`,
      { step: other.fullName, source, hint: 'give one of them another name' },
    );
  return name;
}
