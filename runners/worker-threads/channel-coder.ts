import { coderFromSpec } from '../../sdk/coders/index.js';
import type {
  ByteSink,
  ByteSource,
  Coder,
  CombinePayload,
  FunctionSpec,
  ParDoPayload,
  Plan,
} from '../../sdk/model/index.js';
import type { DataflowGraph, EdgeSpec, OperatorSpec } from '../dataflow/index.js';
import { accumulatorLayout, type StepSpec } from '../kernel/index.js';
import type { BatchCoder } from './batch-frame.js';
import { columnCoder, elementByElement, plainColumns } from './column-coder.js';

/** What a splittable DoFn's elements are between their being split and their being read. */
interface Work {
  readonly element: unknown;
  readonly restriction: unknown;
}

/** The coders of the batches that travel on an edge, and the step that made the elements. */
export interface ChannelCoder extends BatchCoder {
  readonly step: StepSpec | undefined;
}

export function channelCoder(plan: Plan, graph: DataflowGraph, edge: EdgeSpec): ChannelCoder {
  const { pcollections, coders } = plan.components;
  const coderOf = (pcollection: string): Coder<unknown> => coderFromSpec(pcollections[pcollection]!.coderId, coders);
  const from = graph.operators.find((operator) => operator.id === edge.from)!;
  const step = producerOf(edge.pcollection, from);
  switch (from.kind) {
    // What these two put out is the dataflow's own, and no PCollection of the plan.
    case 'split': {
      const { restrictionCoderId } = payloadOf(from) as unknown as ParDoPayload;
      const work = workCoder(coderOf(from.inputs[0]!), coderFromSpec(restrictionCoderId!, coders));
      return { step, values: elementByElement(work) };
    }
    case 'precombine': {
      const { accumulatorCoderId } = payloadOf(from) as unknown as CombinePayload;
      const [key] = coderOf(from.inputs[0]!).components;
      const accumulator = coderFromSpec(accumulatorCoderId, coders);
      // Tables that keep accumulators as columns make them of plain fields, and check these.
      const isPlain = accumulatorLayout(accumulator).kind !== 'opaque';
      return { step, keys: columnCoder(key!), values: isPlain ? plainColumns : columnCoder(accumulator) };
    }
    default: {
      const coder = coderOf(edge.pcollection);
      if (!edge.keyed) return { step, values: columnCoder(coder) };
      const [key, value] = coder.components;
      return { step, keys: columnCoder(key!), values: columnCoder(value!) };
    }
  }
}

function producerOf(pcollection: string, operator: OperatorSpec): StepSpec | undefined {
  return operator.steps.find(({ transform }) => Object.values(transform.outputs).includes(pcollection));
}

function payloadOf(operator: OperatorSpec): FunctionSpec['payload'] {
  return operator.steps[0]!.transform.spec!.payload;
}

function workCoder(element: Coder<unknown>, restriction: Coder<unknown>): Pick<Coder<unknown>, 'encode' | 'decode'> {
  return {
    encode(value: unknown, to: ByteSink) {
      const work = value as Work;
      element.encode(work.element, to, true);
      restriction.encode(work.restriction, to, true);
    },
    decode: (from: ByteSource): Work => ({
      element: element.decode(from, true),
      restriction: restriction.decode(from, true),
    }),
  };
}
