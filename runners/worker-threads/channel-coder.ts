import { coderFromSpec } from '../../sdk/coders/index.js';
import type { ByteSink, ByteSource, Coder, ParDoPayload, Plan } from '../../sdk/model/index.js';
import type { DataflowGraph, EdgeSpec } from '../dataflow/index.js';
import type { BatchCoder } from './batch-frame.js';
import { elementByElement } from './column-coder.js';

/** What a splittable DoFn's elements are between their being split and their being read. */
interface Work {
  readonly element: unknown;
  readonly restriction: unknown;
}

/** The coders of the batches that travel on an edge: those of its PCollection. */
export function channelCoder(plan: Plan, graph: DataflowGraph, edge: EdgeSpec): BatchCoder {
  const { pcollections, coders } = plan.components;
  const coderOf = (pcollection: string): Coder<unknown> => coderFromSpec(pcollections[pcollection]!.coderId, coders);
  if (!Object.hasOwn(pcollections, edge.pcollection)) {
    // Pairs of elements and restrictions: the dataflow's own, between the two halves of a splittable DoFn.
    const split = graph.operators.find((operator) => operator.id === edge.from)!;
    const payload = split.steps[0]!.transform.spec!.payload as unknown as ParDoPayload;
    const restriction = coderFromSpec(payload.restrictionCoderId!, coders);
    return { values: elementByElement(workCoder(coderOf(split.inputs[0]!), restriction)) };
  }
  const coder = coderOf(edge.pcollection);
  if (!edge.keyed) return { values: elementByElement(coder) };
  const [key, value] = coder.components;
  return { keys: elementByElement(key!), values: elementByElement(value!) };
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
