import { MillraceError } from '../model/errors.js';
import { list, show } from './describe.js';
import { compareBags, isEqual } from './equal.js';

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
