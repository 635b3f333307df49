import { describe, expect, it } from 'vitest';
import { errorOf, planOf } from './build.js';

describe('a builder', () => {
  it.each([
    ['Date.now()', () => Date.now()],
    ['new Date()', () => new Date()],
    ['Date()', () => Date()],
    ['performance.now()', () => performance.now()],
    ['Math.random()', () => Math.random()],
    ['process.hrtime()', () => process.hrtime()],
    ['crypto.randomUUID()', () => crypto.randomUUID()],
    ['crypto.getRandomValues()', () => crypto.getRandomValues(new Uint8Array(1))],
    ['process.env.HOME', () => process.env.HOME],
    ['process.env.HOME', () => 'HOME' in process.env],
    ['process.env', () => Object.keys(process.env)],
  ])('may not read %s', (what, read) => {
    const error = errorOf(() => planOf(() => void read()));
    expect(error).toMatchObject({ code: 'PLAN_IMPURE_BUILDER', kind: 'plan' });
    expect(error.message).toContain(what);
    expect(error.hint).toBeDefined();
    expect(read, 'and the world is as before').not.toThrow();
  });

  it('may make dates of what it knows', () => {
    planOf(() => {
      expect(new Date(5).getTime()).toBe(5);
      expect(new Date(5)).toBeInstanceOf(Date);
      expect(Date.UTC(1970, 0, 1)).toBe(0);
      expect(Date.parse('1970-01-01T00:00:00Z')).toBe(0);
    });
  });

  it('may write to the console, although Node then looks into the environment', () => {
    planOf(() => void process.stderr.hasColors?.());
  });

  it('leaves the world as it was when it throws', () => {
    const now = Object.getOwnPropertyDescriptor(globalThis, 'Date');
    const env = process.env;
    expect(() =>
      planOf(() => {
        throw new RangeError('mine');
      }),
    ).toThrow(RangeError);
    expect(Object.getOwnPropertyDescriptor(globalThis, 'Date')).toEqual(now);
    expect(process.env).toBe(env);
    expect(Object.hasOwn(performance, 'now')).toBe(false);
  });

  it('does not run its steps', () => {
    planOf((p) => void p.create([1]).map(() => Date.now()));
  });
});
