import { createHash } from 'node:crypto';
import { bytesCoder, encodeToBytes } from '../../coders/index.js';
import type { Coder } from '../../model/coder.js';
import type { DoFn, ProcessContext } from '../../model/do-fn.js';
import { MillraceError } from '../../model/errors.js';
import type { JsonObject } from '../../model/json.js';
import { MAIN_TAG } from '../../model/plan.js';
import type { Timestamp } from '../../model/time.js';
import { timestampToJson } from '../../model/timestamp-json.js';
import { BEAM_TRANSFORM, MILLRACE_DO_FN } from '../../model/urns.js';
import { asJson } from '../as-json.js';
import { type FunctionEntry, factoryEntry, functionEntry } from '../function-table.js';
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
    if (!Array.isArray(values))
      throw planError(PLAN_ERROR.argument, 'the values to create are not in an array', {
        step: step.fullName,
        source: step.source,
        hint: 'create takes an array: create([1, 2, 3]), or create([...values])',
      });
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
  const { elements, digest } = encodeAll(values, output.coder, step);
  if (elements !== undefined)
    return {
      urn: MILLRACE_DO_FN.create,
      payload: { elements, ...(timestamps !== undefined && { timestamps: timestamps.map(timestampToJson) }) },
    };
  // A worker that builds the pipeline again must come to the same values.
  const holds = timestamps === undefined ? digest : `${digest} ${timestamps.join()}`;
  const entry: FunctionEntry =
    timestamps === undefined
      ? { ...functionEntry(() => values), holds }
      : { ...factoryEntry(() => new TimestampedValues(values, timestamps)), holds };
  return {
    urn: timestamps === undefined ? MILLRACE_DO_FN.flatMap : MILLRACE_DO_FN.doFn,
    payload: { fn: asJson(context.ref(step, FN_SLOT, entry)) },
  };
}

class TimestampedValues<T> implements DoFn<Uint8Array, T> {
  constructor(
    readonly values: readonly T[],
    readonly timestamps: readonly Timestamp[],
  ) {}

  process(_: Uint8Array, context: ProcessContext<T>): void {
    for (const [i, value] of this.values.entries()) context.outputWithTimestamp(value, this.timestamps[i]!);
  }
}

/** The SHA-256 of all encodings, and the base64 of each while they are short enough for a plan. */
function encodeAll(
  values: readonly unknown[],
  coder: Coder<unknown>,
  step: StepNode,
): { readonly elements: string[] | undefined; readonly digest: string } {
  const hash = createHash('sha256');
  const elements: string[] = [];
  let total = 0;
  for (const [i, value] of values.entries()) {
    const bytes = encodeLiteral(coder, value, () => {
      const { fullName, source } = step.parent ?? step;
      return { what: `value ${i} of ${values.length}`, step: fullName, source };
    });
    total += bytes.length;
    hash.update(`${bytes.length} `).update(bytes);
    if (total <= LITERAL_BYTES) elements.push(Buffer.from(bytes).toString('base64'));
  }
  return { elements: total <= LITERAL_BYTES ? elements : undefined, digest: hash.digest('hex') };
}

interface Place {
  readonly what: string;
  readonly step: string;
  readonly source: string | undefined;
}

function encodeLiteral(coder: Coder<unknown>, value: unknown, place: () => Place): Uint8Array {
  try {
    return encodeToBytes(coder, value);
  } catch (cause) {
    const { what, step, source } = place();
    const why = cause instanceof MillraceError ? cause.summary : String(cause);
    throw new MillraceError('CODER_LITERAL', 'coder', `${what} cannot be encoded: ${why}`, { step, source, cause });
  }
}
