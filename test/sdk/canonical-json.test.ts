import fc from 'fast-check';
import { canonicalJson } from 'millrace';
import { describe, expect, it } from 'vitest';
import { errorOf } from './build.js';

describe('canonical JSON', () => {
  // The example of RFC 8785, section 3.2.2, and its order of names, section 3.2.3.
  it('is that of the RFC', () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    );
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(Object.keys(JSON.parse(canonicalJson(names)))).toEqual([
      '1',
      '\r',
      '\u0080',
      'ö',
      '€',
      '\ud83d\ude00',
      '\ufb33',
    ]);
  });

  it('is one text for all orders of names, and means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(shuffled(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([
    ['$.a[1]', { a: [1, Number.NaN] }],
    ['$.a', { a: 1n }],
    ['$.a', { a: new Map() }],
    ['$.a', { a: '\ud800' }],
    ['$[0]', [undefined]],
    ['$[0]', [() => 1]],
  ])('has no form for what stands at %s', (path, value) => {
    const error = errorOf(() => canonicalJson(value));
    expect(error.code).toBe('PLAN_NOT_JSON');
    expect(error.message).toContain(`${path} is`);
  });

  it('leaves out what is undefined, and keeps hostile names', () => {
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
    expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
  });
});

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, item]) => [name, shuffled(item)]),
  );
}
