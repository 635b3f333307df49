import type { JsonValue } from '../json.js';
import type { Findings } from './problem.js';

const MAX_DEPTH = 128;

/**
 * A copy of plain JSON data in which no object has a prototype, so that no key of a plan can ever meet `constructor`,
 * `toString` and the like. `__proto__` is refused altogether: the next copy would make a prototype of it.
 */
export function copyJson(value: unknown, findings: Findings): JsonValue {
  const path: (string | number)[] = [];
  const copy = (value: unknown): JsonValue => {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        if (Number.isFinite(value)) return value;
        findings.add([...path], 'is a number that JSON does not have', { got: value });
        return null;
      case 'object':
        break;
      default:
        findings.add([...path], 'is not JSON', { expected: 'plain JSON data', got: typeof value });
        return null;
    }
    if (value === null) return null;
    if (path.length >= MAX_DEPTH) {
      findings.add(path.slice(0, 8), `is nested deeper than ${MAX_DEPTH} levels`);
      return null;
    }
    return Array.isArray(value) ? copyList(value) : copyObject(value);
  };
  const copyList = (list: readonly unknown[]): JsonValue =>
    list.map((item, i) => {
      path.push(i);
      const copied = copy(item);
      path.pop();
      return copied;
    });
  const copyObject = (object: object): JsonValue => {
    const copied: Record<string, JsonValue> = Object.create(null);
    for (const [key, item] of Object.entries(object)) {
      path.push(key);
      if (key === '__proto__') findings.add([...path], 'is a key that no plan may have', { got: key });
      else copied[key] = copy(item);
      path.pop();
    }
    return copied;
  };
  return copy(value);
}
