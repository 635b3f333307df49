import { bytesCoder, encodeToBytes } from '../../coders/index.js';
import type { Coder } from '../../model/coder.js';
import type { ProcessContext } from '../../model/do-fn.js';
import { MillraceError } from '../../model/errors.js';
import type { JsonObject } from '../../model/json.js';
import { MAIN_TAG } from '../../model/plan.js';
import type { Timestamp } from '../../model/time.js';
import { timestampToJson } from '../../model/timestamp-json.js';
import { BEAM_TRANSFORM, MILLRACE_DO_FN } from '../../model/urns.js';
import { asJson } from '../as-json.js';
import { factoryEntry, functionEntry } from '../function-table.js';
import type { CollectionNode, Graph, SpecContext, StepNode } from '../graph.js';
import { PLAN_ERROR, planError } from '../plan-error.js';
import { DEFAULT_WINDOWING } from '../windowing.js';
import { coded, FN_SLOT } from './par-do.js';

/** Larger literals do not stand in the plan: they are made again by whoever builds the pipeline. */
const LITERAL_BYTES = 64 * 1024;

/** One empty element at the beginning of time: what everything else begins with. */
export function impulse(graph: Graph, name: string | undefined): CollectionNode {
  return graph.step('Impulse', name, (step) => {
    step.spec = () => ({ urn: BEAM_TRANSFORM.impulse });
    return step.addOutput(graph, MAIN_TAG, {
      isBounded: true,
      windowing: DEFAULT_WINDOWING,
      coder: bytesCoder(),
      coderOrigin: 'declared',
    });
  });
}

export interface CreateArguments<T> {
  readonly values: readonly T[];
  readonly coder?: Coder<T> | undefined;
  /** Parallel to the values. */
  readonly timestamps?: readonly Timestamp[] | undefined;
}

/** The steps of a Create: an impulse, and a ParDo that puts the given elements in its place. */
export function create<T>(graph: Graph, args: CreateArguments<T>): CollectionNode {
  const { values, timestamps } = args;
  const input = impulse(graph, undefined);
  return graph.step('Values', undefined, (step) => {
    if (timestamps !== undefined && timestamps.length !== values.length)
      throw planError(PLAN_ERROR.argument, `there are ${values.length} values and ${timestamps.length} timestamps`, {
        step: step.fullName,
        source: step.source,
      });
    graph.connect(step, MAIN_TAG, input);
    step.needsEnvironment = true;
    const output = step.addOutput(graph, MAIN_TAG, {
      isBounded: true,
      windowing: input.windowing,
      ...coded(args.coder),
    });
    // Not before the end of the build is it known whether the values will be grouped, and so how they are coded.
    step.spec = (context) => ({ urn: BEAM_TRANSFORM.parDo, payload: { doFn: doFn(context, step, output, args) } });
    return output;
  });
}

function doFn<T>(context: SpecContext, step: StepNode, output: CollectionNode, args: CreateArguments<T>): JsonObject {
  const { values, timestamps } = args;
  const elements = encodeWhileShort(values, output.coder, step);
  if (elements !== undefined)
    return {
      urn: MILLRACE_DO_FN.create,
      payload: { elements, ...(timestamps !== undefined && { timestamps: timestamps.map(timestampToJson) }) },
    };
  if (timestamps === undefined)
    return {
      urn: MILLRACE_DO_FN.flatMap,
      payload: {
        fn: asJson(
          context.ref(
            step,
            FN_SLOT,
            functionEntry(() => values),
          ),
        ),
      },
    };
  const timestamped = {
    process(_: unknown, process: ProcessContext<T>): void {
      for (const [i, value] of values.entries()) process.outputWithTimestamp(value, timestamps[i]!);
    },
  };
  return {
    urn: MILLRACE_DO_FN.doFn,
    payload: {
      fn: asJson(
        context.ref(
          step,
          FN_SLOT,
          factoryEntry(() => timestamped),
        ),
      ),
    },
  };
}

/** The base64 of each value, or undefined when they are too long for a plan. */
function encodeWhileShort(values: readonly unknown[], coder: Coder<unknown>, step: StepNode): string[] | undefined {
  const encoded: string[] = [];
  let total = 0;
  for (const [i, value] of values.entries()) {
    let bytes: Uint8Array;
    try {
      bytes = encodeToBytes(coder, value);
    } catch (cause) {
      const { fullName, source } = step.parent ?? step;
      const what = cause instanceof MillraceError ? cause.summary : String(cause);
      throw new MillraceError('CODER_LITERAL', 'coder', `value ${i} of ${values.length} cannot be encoded: ${what}`, {
        step: fullName,
        source,
        cause,
      });
    }
    total += bytes.length;
    if (total > LITERAL_BYTES) return undefined;
    encoded.push(Buffer.from(bytes).toString('base64'));
  }
  return encoded;
}
