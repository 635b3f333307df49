import type { KV } from '../model/coder.js';
import { MillraceError } from '../model/errors.js';
import type { BoundedWindow } from '../model/window.js';
import { Described, list, show } from './describe.js';
import { compareBags, isEqual } from './equal.js';
import { choose, type PaneChoice, type Place, type Placed, placeText, windowText } from './pane-choice.js';

/** Looks at all elements of a collection, and throws when they are not what they should be. */
export type Expectation<T> = (actual: readonly T[]) => void;

export function containsInAnyOrder<T>(expected: readonly T[]): Expectation<T> {
  return (actual) => {
    const { missing, unexpected } = compareBags(expected, actual);
    if (missing.length === 0 && unexpected.length === 0) return;
    throw failed(
      `expected ${countOf(expected)} in any order, got ${actual.length}${list('missing', missing)}${list('unexpected', unexpected)}${list('actual', actual)}`,
    );
  };
}

export function empty<T>(): Expectation<T> {
  return (actual) => {
    if (actual.length > 0) throw failed(`expected no elements, got ${actual.length}${list('unexpected', actual)}`);
  };
}

export function equalsSingle<T>(expected: T): Expectation<T> {
  return (actual) => {
    if (actual.length === 1 && isEqual(expected, actual[0])) return;
    throw failed(`expected the single element ${show(expected)}, got ${actual.length}${list('actual', actual)}`);
  };
}

export function equalsMap<K, V>(expected: ReadonlyMap<K, V>): Expectation<KV<K, V>> {
  return containsInAnyOrder([...expected].map(([key, value]): KV<K, V> => ({ key, value })));
}

export function equalsMultimap<K, V>(expected: ReadonlyMap<K, readonly V[]>): Expectation<KV<K, V>> {
  return containsInAnyOrder(
    [...expected].flatMap(([key, values]) => values.map((value): KV<K, V> => ({ key, value }))),
  );
}

/** Holds of the elements in some panes of a window; a message tells where the others are. */
export function inPanes<T>(
  { window, panes }: { readonly window: BoundedWindow; readonly panes: PaneChoice },
  expectation: Expectation<T>,
): Expectation<KV<T, Place>> {
  const name = `${panes.name} ${windowText(window)}`;
  return (pairs) => {
    const all = pairs.map(({ key: value, value: place }) => ({ value, place }));
    const { inside, elsewhere, wrong } = choose(all, window, panes);
    if (wrong.length > 0) throw failed(`expected ${name}, and the window fired several times${placed('fired', wrong)}`);
    try {
      expectation(inside);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      throw failed(`in ${name}: ${error.summary}${placed('elsewhere', elsewhere)}`, error.cause);
    }
  };
}

function placed<T>(heading: string, elements: readonly Placed<T>[]): string {
  return list(
    heading,
    elements.map(({ value, place }) => new Described(`${show(value)} ${placeText(place)}`)),
  );
}

export function satisfies<T>(check: (actual: readonly T[]) => void): Expectation<T> {
  return (actual) => {
    try {
      check(actual);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw failed(`the elements do not satisfy the check: ${why}${list('actual', actual)}`, cause);
    }
  };
}

function failed(summary: string, cause?: unknown): MillraceError {
  return new MillraceError('PASSERT_FAILED', 'function', summary, cause === undefined ? {} : { cause });
}

function countOf(expected: readonly unknown[]): string {
  return expected.length === 1 ? '1 element' : `${expected.length} elements`;
}
