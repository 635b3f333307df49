import { valueCoder } from '../../coders/index.js';
import type { Coder } from '../../model/coder.js';
import type { DoFnPayload, ParDoPayload } from '../../model/payloads.js';
import { MAIN_TAG, type ResourceHints } from '../../model/plan.js';
import { BEAM_TRANSFORM } from '../../model/urns.js';
import { asJson } from '../as-json.js';
import type { FunctionEntry } from '../function-table.js';
import type { CodedOutput, CollectionNode, SpecContext, StepNode } from '../graph.js';
import { PLAN_ERROR, planError } from '../plan-error.js';
import { hint } from '../resource-hints.js';
import type { Windowing } from '../windowing.js';

/** The slot of the function of a ParDo. */
export const FN_SLOT = 'fn';

type PayloadBeside = Omit<DoFnPayload, 'fn'>;

export interface ParDoArguments {
  readonly input: CollectionNode;
  /** What the step is called where it got no name. */
  readonly automaticName: string;
  readonly name: string | undefined;
  /** One of `MILLRACE_DO_FN`. */
  readonly urn: string;
  readonly fn: FunctionEntry;
  /** The coder of the main output; the lossless one when absent. */
  readonly output?: CodedOutput;
  readonly isBounded?: boolean;
  /** That of the input, when absent. */
  readonly windowing?: Windowing;
  /** Tags of the other outputs. */
  readonly tags?: readonly { readonly name: string; readonly coder?: Coder<unknown> }[];
  /** What the payload holds beside the function; made at the end of the build where it refers to functions too. */
  readonly doFnPayload?: PayloadBeside | ((context: SpecContext, step: StepNode) => PayloadBeside);
  readonly parDoPayload?: (context: SpecContext) => Omit<ParDoPayload, 'doFn'>;
  readonly resourceHints?: ResourceHints | undefined;
  /** Looks at the step once it is connected. */
  readonly check?: (step: StepNode) => void;
}

/** Makes a ParDo; answers its step, whose first output is the main one. */
export function parDo(args: ParDoArguments): { readonly step: StepNode; readonly main: CollectionNode } {
  const { input, urn, fn, tags = [] } = args;
  const { graph } = input;
  return graph.step(args.automaticName, args.name, (step) => {
    graph.connect(step, MAIN_TAG, input);
    checkFunction(fn, step);
    hint(step, args.resourceHints);
    args.check?.(step);
    step.needsEnvironment = true;
    step.spec = (context) => ({
      urn: BEAM_TRANSFORM.parDo,
      payload: asJson({
        doFn: { urn, payload: asJson({ ...beside(args, context, step), fn: context.ref(step, FN_SLOT, fn) }) },
        ...args.parDoPayload?.(context),
      }),
    });
    const shared = { isBounded: args.isBounded ?? input.isBounded, windowing: args.windowing ?? input.windowing };
    const main = step.addOutput(graph, MAIN_TAG, { ...shared, ...(args.output ?? defaultOutput()) });
    for (const tag of tags) {
      if (tag.name === '' || step.outputs.has(tag.name))
        throw planError(
          PLAN_ERROR.outputs,
          tag.name === MAIN_TAG
            ? `the tag ${MAIN_TAG} is that of the main output`
            : `the tag ${JSON.stringify(tag.name)} is empty or was given twice`,
          { step: step.fullName, source: step.source },
        );
      step.addOutput(graph, tag.name, { ...shared, ...coded(tag.coder) });
    }
    return { step, main };
  });
}

function beside({ doFnPayload }: ParDoArguments, context: SpecContext, step: StepNode): PayloadBeside {
  return typeof doFnPayload === 'function' ? doFnPayload(context, step) : { ...doFnPayload };
}

/** TypeScript finds this; what was written in JavaScript finds it here, instead of in the first element. */
function checkFunction(entry: FunctionEntry, step: StepNode): void {
  const given: unknown = entry.kind === 'factory' ? entry.make : entry.value;
  if (typeof given === 'function') return;
  throw planError(
    PLAN_ERROR.argument,
    `the step got ${given === undefined ? 'nothing' : `a value of type ${typeof given}`} instead of a function`,
    {
      step: step.fullName,
      source: step.source,
      hint:
        entry.kind === 'factory'
          ? 'give what makes a DoFn: () => new MyDoFn()'
          : 'the name of a step comes first, its function second',
    },
  );
}

export function defaultOutput(): CodedOutput {
  return { coder: valueCoder(), coderOrigin: 'default' };
}

/** With the coder that the author gave, or the default one. */
export function coded(coder: Coder<unknown> | undefined): CodedOutput {
  return coder === undefined ? defaultOutput() : { coder: coder, coderOrigin: 'declared' };
}

/** With the coder of another collection, whatever becomes of it. */
export function codedLike(...inputs: readonly CollectionNode[]): CodedOutput {
  return { coder: inputs[0]!.coder, coderOrigin: { like: inputs } };
}
