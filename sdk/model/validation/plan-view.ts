import type { JsonValue } from '../json.js';

/**
 * A plan as far as it makes sense: what has the wrong form is left out, because the schema has reported it. So the
 * checks of meaning can find everything else that is wrong in the same plan.
 */
export interface PlanView {
  readonly transforms: ReadonlyMap<string, TransformView>;
  readonly pcollections: ReadonlyMap<string, PCollectionView>;
  readonly coders: ReadonlyMap<string, CoderView>;
  readonly windowingStrategies: ReadonlyMap<string, WindowingStrategyView>;
  readonly environments: ReadonlyMap<string, FunctionView>;
  /** Absent when it is not a list. */
  readonly rootTransformIds: readonly string[] | undefined;
  readonly requirements: ReadonlySet<string>;
  readonly sources: ReadonlyMap<string, string>;
}

export interface FunctionView {
  readonly urn: string | undefined;
  readonly payload: JsonMap;
}
export interface TransformView {
  readonly uniqueName: string | undefined;
  readonly spec: FunctionView | undefined;
  readonly subtransforms: readonly string[];
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
  readonly environmentId: string | undefined;
}
export interface PCollectionView {
  readonly uniqueName: string | undefined;
  readonly coderId: string | undefined;
  readonly windowingStrategyId: string | undefined;
}
export interface CoderView {
  readonly urn: string | undefined;
  readonly components: readonly string[];
}
export interface WindowingStrategyView {
  readonly windowFn: FunctionView;
  readonly windowCoderId: string | undefined;
  readonly environmentId: string | undefined;
}

export type JsonMap = { readonly [key: string]: JsonValue };

export function viewPlan(plan: JsonValue): PlanView {
  const root = asMap(plan);
  const components = asMap(root.components);
  const each = <V>(name: string, view: (item: JsonMap) => V): Map<string, V> =>
    new Map(Object.entries(asMap(components[name])).map(([id, item]) => [id, view(asMap(item))]));
  return {
    transforms: each('transforms', (t) => ({
      uniqueName: asText(t.uniqueName),
      spec: t.spec === undefined ? undefined : asFunction(t.spec),
      subtransforms: asTexts(t.subtransforms),
      inputs: asTextMap(t.inputs),
      outputs: asTextMap(t.outputs),
      environmentId: asText(t.environmentId),
    })),
    pcollections: each('pcollections', (p) => ({
      uniqueName: asText(p.uniqueName),
      coderId: asText(p.coderId),
      windowingStrategyId: asText(p.windowingStrategyId),
    })),
    coders: each('coders', (c) => ({ urn: asFunction(c.spec).urn, components: asTexts(c.componentCoderIds) })),
    windowingStrategies: each('windowingStrategies', (w) => ({
      windowFn: asFunction(w.windowFn),
      windowCoderId: asText(w.windowCoderId),
      environmentId: asText(w.environmentId),
    })),
    environments: each('environments', asFunction),
    rootTransformIds: Array.isArray(root.rootTransformIds) ? asTexts(root.rootTransformIds) : undefined,
    requirements: new Set(asTexts(root.requirements)),
    sources: new Map(
      Object.entries(asMap(root.displayData)).flatMap(([id, shown]) => {
        const source = asText(asMap(shown).source);
        return source === undefined ? [] : [[id, source]];
      }),
    ),
  };
}

export function asMap(value: JsonValue | undefined): JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonMap)
    : Object.create(null);
}

export function asText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function asFunction(value: JsonValue | undefined): FunctionView {
  const spec = asMap(value);
  return { urn: asText(spec.urn), payload: asMap(spec.payload) };
}

/** The texts of a list; what is not text keeps its place as an id that nothing has, so that indexes stay right. */
function asTexts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.map((item) => asText(item) ?? '') : [];
}

function asTextMap(value: JsonValue | undefined): Map<string, string> {
  return new Map(
    Object.entries(asMap(value)).flatMap(([key, item]) => (typeof item === 'string' ? [[key, item]] : [])),
  );
}
