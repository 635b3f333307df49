import { canonicalJson } from '../../sdk/model/canonical-json.js';
import type { JsonValue } from '../../sdk/model/json.js';
import type { Plan, TransformSpec } from '../../sdk/model/plan.js';

/** Where two plans that should be the same begin to differ. */
export interface PlanDifference {
  /** Absent when no single step differs. */
  readonly step?: string;
  readonly source?: string;
  readonly what: string;
}

/** The first step, in the order of the pipeline, that is not the same in both plans; undefined when they are the same. */
export function firstDifference(expected: Plan, actual: Plan): PlanDifference | undefined {
  const before = stepsOf(expected);
  const after = stepsOf(actual);
  for (const [name, step] of before) {
    const other = after.get(name);
    const what = other === undefined ? 'is not there any more' : differenceOf(step, other);
    if (what !== undefined) return { step: name, what, ...(step.source !== undefined && { source: step.source }) };
  }
  for (const [name, step] of after) {
    if (before.has(name)) continue;
    return { step: name, what: 'is new', ...(step.source !== undefined && { source: step.source }) };
  }
  const whole = (['options', 'requirements', 'rootTransformIds', 'components'] as const).find(
    (part) => text(expected[part]) !== text(actual[part]),
  );
  return whole === undefined ? undefined : { what: `its ${whole} differ` };
}

/** A step with all that its ids stand for, so that ids do not matter. */
interface Step {
  readonly transform: TransformSpec;
  readonly inputs: JsonValue;
  readonly outputs: JsonValue;
  readonly coders: JsonValue;
  readonly windowing: JsonValue;
  readonly boundedness: JsonValue;
  readonly source: string | undefined;
}

function stepsOf(plan: Plan): Map<string, Step> {
  const steps = new Map<string, Step>();
  const visit = (id: string): void => {
    const transform = plan.components.transforms[id]!;
    steps.set(transform.uniqueName, describe(plan, id, transform));
    transform.subtransforms?.forEach(visit);
  };
  plan.rootTransformIds.forEach(visit);
  return steps;
}

function describe(plan: Plan, id: string, transform: TransformSpec): Step {
  const { pcollections, coders, windowingStrategies } = plan.components;
  const coder = (id: string): JsonValue => {
    const { spec, componentCoderIds = [] } = coders[id]!;
    return [spec as unknown as JsonValue, ...componentCoderIds.map(coder)];
  };
  const named = (tags: TransformSpec['inputs'], of: (pcollectionId: string) => JsonValue): JsonValue =>
    Object.entries(tags)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([tag, pcollection]) => [tag, of(pcollection)]);
  return {
    transform,
    inputs: named(transform.inputs, (pc) => pcollections[pc]!.uniqueName),
    outputs: named(transform.outputs, (pc) => pcollections[pc]!.uniqueName),
    coders: named(transform.outputs, (pc) => coder(pcollections[pc]!.coderId)),
    windowing: named(transform.outputs, (pc) => {
      const { windowCoderId, ...strategy } = windowingStrategies[pcollections[pc]!.windowingStrategyId]!;
      return [strategy as unknown as JsonValue, coder(windowCoderId)];
    }),
    boundedness: named(transform.outputs, (pc) => pcollections[pc]!.isBounded),
    source: plan.displayData?.[id]?.source,
  };
}

function differenceOf(a: Step, b: Step): string | undefined {
  if (text(a.inputs) !== text(b.inputs)) return 'has other inputs';
  if (a.transform.spec?.urn !== b.transform.spec?.urn) return `is another kind of transform (${b.transform.spec?.urn})`;
  if (text(a.transform.spec) !== text(b.transform.spec)) {
    const isTextOnly = text(withoutHashes(a.transform.spec)) === text(withoutHashes(b.transform.spec));
    return isTextOnly ? 'has a function with another text' : 'has another payload';
  }
  if (text(a.outputs) !== text(b.outputs)) return 'has other outputs';
  if (text(a.coders) !== text(b.coders)) return 'has another coder';
  if (text(a.windowing) !== text(b.windowing)) return 'has another windowing';
  return text(a.boundedness) === text(b.boundedness) ? undefined : 'has become bounded or unbounded';
}

function withoutHashes(value: unknown): unknown {
  return value === undefined
    ? value
    : JSON.parse(JSON.stringify(value, (key, item) => (key === 'textHash' ? '' : item)));
}

function text(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value as JsonValue);
}
