/** What an engine wants of a split. */
export interface DesiredSplit {
  readonly fractionOfRemainder: number;
  /** How many elements the bundle will have, as far as the engine knows. */
  readonly estimatedInputElements: number;
  /** Indices at which a split may be; any when empty. */
  readonly allowedSplitPoints: readonly number[];
}

/**
 * The index of the first element to give away: the fraction counts over what has not been begun, and the element that is
 * being worked on stays. Undefined when nothing can be given away.
 */
export function chooseSplit(desired: DesiredSplit, begun: number, limit: number): number | undefined {
  const end = Math.min(desired.estimatedInputElements, limit);
  if (end <= begun) return undefined;
  const fraction = Math.min(1, Math.max(0, desired.fractionOfRemainder));
  const target = begun + Math.round((end - begun) * fraction);
  const allowed = desired.allowedSplitPoints;
  const point = allowed.length === 0 ? target : Math.min(...allowed.filter((index) => index >= target));
  return point < end ? point : undefined;
}
