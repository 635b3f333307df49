import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  type CoderSpec,
  MAIN_TAG,
  MILLRACE_CODER,
  MILLRACE_VIEW_FN,
  type ParDoPayload,
  type PCollectionSpec,
  type Plan,
  type SideInputPayload,
  type TransformSpec,
  type WindowingStrategySpec,
} from '../../sdk/model/index.js';
import { VIEW_KEY_DO_FN } from '../kernel/index.js';

/** Marks the grouping that a side input is made by: it runs as one task, and every reader gets its results. */
const VIEW_ANNOTATION = 'millrace:side_input_view';

/** The side inputs that a step declares, by tag. */
export function sideInputsOf({ spec }: TransformSpec): Readonly<Record<string, SideInputPayload>> {
  if (spec?.urn !== BEAM_TRANSFORM.parDo) return {};
  return (spec.payload as unknown as ParDoPayload).sideInputs ?? {};
}

export function isViewGroup(transform: TransformSpec): boolean {
  return transform.annotations?.[VIEW_ANNOTATION] === true;
}

const known = new WeakMap<Plan, Plan>();

/**
 * The same plan as the local dataflow runs it: what a step reads as a side input is grouped by one key before, once for
 * all its readers, so that the windows and the trigger of the collection say when its contents are there. The elements
 * that come to a reader are then all those of a window at once.
 */
export function withViews(plan: Plan): Plan {
  let expanded = known.get(plan);
  if (expanded === undefined) {
    const reads = Object.values(plan.components.transforms).some((t) => Object.keys(sideInputsOf(t)).length > 0);
    expanded = reads ? new Expansion(plan).expand() : plan;
    known.set(plan, expanded);
    known.set(expanded, expanded);
  }
  return expanded;
}

class Expansion {
  private readonly transforms: { [id: string]: TransformSpec };
  private readonly pcollections: { [id: string]: PCollectionSpec };
  private readonly coders: { [id: string]: CoderSpec };
  private readonly windowings: { [id: string]: WindowingStrategySpec };
  private readonly roots: string[];
  /** PCollection, and which of its panes → the one of its views. */
  private readonly views = new Map<string, string>();

  constructor(private readonly plan: Plan) {
    this.transforms = { ...plan.components.transforms };
    this.pcollections = { ...plan.components.pcollections };
    this.coders = { ...plan.components.coders };
    this.windowings = { ...plan.components.windowingStrategies };
    this.roots = [...plan.rootTransformIds];
  }

  expand(): Plan {
    for (const [id, transform] of Object.entries(this.plan.components.transforms)) {
      const sides = Object.entries(sideInputsOf(transform));
      if (sides.length === 0) continue;
      const inputs = { ...transform.inputs };
      for (const [tag, { viewFn }] of sides)
        inputs[tag] = this.viewOf(inputs[tag]!, viewFn.urn === MILLRACE_VIEW_FN.singleton);
      this.transforms[id] = { ...transform, inputs };
    }
    const { transforms, pcollections, coders, windowings } = this;
    return {
      ...this.plan,
      components: { ...this.plan.components, transforms, pcollections, coders, windowingStrategies: windowings },
      rootTransformIds: this.roots,
    };
  }

  /**
   * A singleton is what fired last, as in Beam: where panes accumulate, they hold the results of all firings of what the
   * collection was made from, and each of these is the whole.
   */
  private viewOf(pcollection: string, isSingleton: boolean): string {
    const side = this.plan.components.pcollections[pcollection]!;
    const windowing = this.windowings[side.windowingStrategyId]!;
    if (!isSingleton || windowing.accumulationMode !== 'ACCUMULATING') return this.make(pcollection, '', side);
    const windowingStrategyId = `${side.windowingStrategyId}#discarding`;
    this.windowings[windowingStrategyId] = { ...windowing, accumulationMode: 'DISCARDING' };
    return this.make(pcollection, '#last', { ...side, windowingStrategyId });
  }

  private make(pcollection: string, suffix: string, side: PCollectionSpec): string {
    const id = `${pcollection}${suffix}`;
    const made = this.views.get(id);
    if (made !== undefined) return made;
    const key = `${id}#view_key`;
    const keyed = `${id}#keyed`;
    const view = `${id}#view`;
    this.coders[key] = { spec: { urn: MILLRACE_CODER.key } };
    this.coders[keyed] = kv(key, side.coderId);
    this.coders[`${view}s`] = { spec: { urn: BEAM_CODER.iterable }, componentCoderIds: [side.coderId] };
    this.coders[view] = kv(key, `${view}s`);
    this.pcollections[keyed] = { ...side, uniqueName: `${side.uniqueName} (keyed)`, coderId: keyed };
    this.pcollections[view] = { ...side, uniqueName: `${side.uniqueName} (view)`, coderId: view };
    this.transforms[keyed] = {
      uniqueName: `${side.uniqueName} (view key)`,
      spec: { urn: BEAM_TRANSFORM.parDo, payload: { doFn: { urn: VIEW_KEY_DO_FN } } },
      inputs: { [MAIN_TAG]: pcollection },
      outputs: { [MAIN_TAG]: keyed },
    };
    this.transforms[view] = {
      uniqueName: `${side.uniqueName} (view)`,
      spec: { urn: BEAM_TRANSFORM.groupByKey },
      inputs: { [MAIN_TAG]: keyed },
      outputs: { [MAIN_TAG]: view },
      annotations: { [VIEW_ANNOTATION]: true },
    };
    this.roots.push(keyed, view);
    this.views.set(id, view);
    return view;
  }
}

function kv(key: string, value: string): CoderSpec {
  return { spec: { urn: BEAM_CODER.kv }, componentCoderIds: [key, value] };
}

/**
 * Whether something upstream commits what was read once it is done with: what is held of that must hold the commit back.
 * Everything else is read again after a restart.
 */
export function readsWhatIsFinalised(plan: Plan, pcollection: string): boolean {
  const producers = new Map<string, TransformSpec>();
  for (const transform of Object.values(plan.components.transforms))
    if ((transform.subtransforms ?? []).length === 0)
      for (const output of Object.values(transform.outputs)) producers.set(output, transform);
  const seen = new Set<string>();
  const open = [pcollection];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const producer = producers.get(at);
    if (producer === undefined) continue;
    const payload = producer.spec?.payload as Partial<ParDoPayload> | undefined;
    if (producer.spec?.urn === BEAM_TRANSFORM.parDo && payload?.requestsFinalization === true) return true;
    open.push(...Object.values(producer.inputs));
  }
  return false;
}
