import {
  BEAM_TRANSFORM,
  type Components,
  MAIN_TAG,
  MILLRACE_DO_FN,
  type ParDoPayload,
  type TransformSpec,
} from '../../sdk/model/index.js';
import { SINK_URN, SOURCE_URN } from './stage-urns.js';

/** A transform of a stage with its id. */
export interface StageTransform {
  readonly id: string;
  readonly spec: TransformSpec;
}

/** What follows one PCollection up to the next step that is not fused: the steps, by id, in an order in which they run. */
export interface StageSegment {
  readonly entry: string;
  readonly steps: readonly StageTransform[];
  readonly pcollections: ReadonlySet<string>;
}

/** A stage taken apart: fused chains, and between them the steps that stand alone, in an order in which data flows. */
export interface StageGraph {
  readonly source: StageTransform;
  readonly sinks: readonly StageTransform[];
  readonly parts: readonly ({ readonly segment: StageSegment } | { readonly alone: StageTransform })[];
}

export function stageGraph({ transforms }: Pick<Components, 'transforms'>): StageGraph {
  const all = Object.entries(transforms).map(([id, spec]): StageTransform => ({ id, spec }));
  const leaves = all.filter(({ spec }) => spec.spec !== undefined && (spec.subtransforms ?? []).length === 0);
  const source = leaves.find(({ spec }) => spec.spec?.urn === SOURCE_URN);
  if (source === undefined) throw new Error('a stage without a source');
  const sinks = leaves.filter(({ spec }) => spec.spec?.urn === SINK_URN);
  const consumers = (pcollection: string): StageTransform[] =>
    leaves.filter((leaf) => leaf.spec.spec?.urn !== SINK_URN && Object.values(leaf.spec.inputs).includes(pcollection));

  const parts: StageGraph['parts'][number][] = [];
  const entered = new Set<string>();
  /** Adds everything that follows an entry before the segment itself, so that the reverse is a topological order. */
  const enter = (entry: string): void => {
    if (entered.has(entry)) return;
    entered.add(entry);
    const steps: StageTransform[] = [];
    const alone: StageTransform[] = [];
    const pcollections = new Set<string>();
    const walk = (pcollection: string): void => {
      pcollections.add(pcollection);
      for (const consumer of consumers(pcollection)) {
        if (!standsAlone(consumer.spec)) {
          steps.push(consumer);
          Object.values(consumer.spec.outputs).forEach(walk);
        } else if (!alone.includes(consumer)) alone.push(consumer);
      }
    };
    walk(entry);
    for (const transform of alone) {
      if (parts.some((part) => 'alone' in part && part.alone.id === transform.id)) continue;
      Object.values(transform.spec.outputs).forEach(enter);
      parts.push({ alone: transform });
    }
    parts.push({ segment: { entry, steps, pcollections } });
  };
  enter(outputOf(source.spec));
  return { source, sinks, parts: parts.reverse() };
}

export const outputOf = (spec: TransformSpec): string => spec.outputs[MAIN_TAG] ?? Object.values(spec.outputs)[0] ?? '';

/** The one that is no side input. */
export function inputOf({ spec, inputs }: TransformSpec): string {
  const { sideInputs = {} } = (spec?.payload ?? {}) as unknown as Partial<ParDoPayload>;
  return inputs[MAIN_TAG] ?? Object.entries(inputs).find(([tag]) => !(tag in sideInputs))?.[1] ?? '';
}

const ALONE: ReadonlySet<string> = new Set([
  BEAM_TRANSFORM.flatten,
  BEAM_TRANSFORM.sdfPairWithRestriction,
  BEAM_TRANSFORM.sdfSplitAndSizeRestrictions,
  BEAM_TRANSFORM.sdfTruncateSizedRestrictions,
  BEAM_TRANSFORM.sdfProcessSizedElementAndRestrictions,
]);

function standsAlone({ spec }: TransformSpec): boolean {
  if (spec === undefined) return false;
  if (ALONE.has(spec.urn)) return true;
  if (spec.urn !== BEAM_TRANSFORM.parDo) return false;
  const payload = spec.payload as unknown as ParDoPayload;
  return payload.doFn.urn === MILLRACE_DO_FN.mapAsync || isStateful(payload);
}

/** Whether a ParDo has something that belongs to a key. */
export function isStateful({ stateSpecs = {}, timerFamilySpecs = {} }: ParDoPayload): boolean {
  return Object.keys(stateSpecs).length + Object.keys(timerFamilySpecs).length > 0;
}
