/**
 * A transform that is made of others: `expand` applies them to the input and returns what comes out (a PCollection, or
 * an object or array of them, or nothing). In: `Pipeline` for a source, `PCollection<T>` for everything else.
 */
export interface PTransform<In, Out> {
  /** What a step is called that got no name. */
  readonly name?: string;
  // A property and not a method: so that a transform of strings is no transform of numbers.
  readonly expand: (input: In) => Out;
}

/** A PTransform, or just its `expand`. */
export type Transform<In, Out> = PTransform<In, Out> | ((input: In) => Out);

export function expandWith<In, Out>(transform: Transform<In, Out>, input: In): Out {
  return typeof transform === 'function' ? transform(input) : transform.expand(input);
}

/** The automatic name of a step that applies a transform. */
export function transformName(transform: Transform<never, unknown>): string {
  if (typeof transform === 'function') return usable(transform.name) ?? 'Apply';
  return transform.name ?? usable(transform.constructor.name) ?? 'Apply';
}

/** Class and function names may hold anything, and plain objects have that of Object. */
function usable(name: string): string | undefined {
  return /^\w+$/.test(name) && name !== 'Object' ? name : undefined;
}
