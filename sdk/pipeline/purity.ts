import { PLAN_ERROR, planError } from './plan-error.js';

type Restore = () => void;

/**
 * Runs a builder in a world without clock, randomness and environment: reading one throws PLAN_IMPURE_BUILDER. Workers
 * build the pipeline again, and what they build must be the same to the byte. The builder is synchronous, so nobody
 * else sees the changed globals.
 */
export function withPureGlobals<R>(body: () => R): R {
  const restores: Restore[] = [];
  try {
    restores.push(replace(globalThis, 'Date', clocklessDate(globalThis.Date)));
    restores.push(replace(Math, 'random', () => refuse('Math.random()', RANDOM_HINT)));
    restores.push(replace(performance, 'now', () => refuse('performance.now()', CLOCK_HINT)));
    restores.push(replace(process, 'hrtime', () => refuse('process.hrtime()', CLOCK_HINT)));
    restores.push(replace(crypto, 'randomUUID', () => refuse('crypto.randomUUID()', RANDOM_HINT)));
    restores.push(replace(crypto, 'getRandomValues', () => refuse('crypto.getRandomValues()', RANDOM_HINT)));
    restores.push(replace(process, 'env', guardedEnvironment(process.env)));
    return body();
  } finally {
    for (const restore of restores.reverse()) restore();
  }
}

const CLOCK_HINT = 'read the clock inside a step, or pass the time as an option';
const RANDOM_HINT = 'pass a seed as an option, or draw inside a step';
const ENV_HINT = 'declare an option, or option.secret for a password: it is looked up where it is used';

function refuse(what: string, hint: string): never {
  throw planError(
    PLAN_ERROR.impureBuilder,
    `the builder reads ${what}; workers that build the pipeline again would build another one`,
    { hint },
  );
}

function clocklessDate(real: DateConstructor): DateConstructor {
  return new Proxy(real, {
    apply: () => refuse('Date()', CLOCK_HINT),
    construct: (target, args, newTarget) =>
      args.length === 0 ? refuse('new Date()', CLOCK_HINT) : Reflect.construct(target, args, newTarget),
    get: (target, name, receiver) =>
      name === 'now' ? () => refuse('Date.now()', CLOCK_HINT) : Reflect.get(target, name, receiver),
  });
}

function guardedEnvironment(real: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const check = (name: string | symbol): void => {
    // Node itself looks into the environment, for colours in console.log for example.
    if (typeof name === 'string' && !isCalledByNode())
      refuse(name === '' ? 'process.env' : `process.env.${name}`, ENV_HINT);
  };
  return new Proxy(real, {
    get: (target, name) => {
      check(name);
      return Reflect.get(target, name);
    },
    has: (target, name) => {
      check(name);
      return Reflect.has(target, name);
    },
    ownKeys: (target) => {
      check('');
      return Reflect.ownKeys(target);
    },
  });
}

function isCalledByNode(): boolean {
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  const caller = frames.find((frame) => !/\/purity\.[jt]s\b/.test(frame) && !frame.includes('Reflect.'));
  return caller !== undefined && /\bnode:/.test(caller);
}

function replace(owner: object, name: string, value: unknown): Restore {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, {
    value,
    configurable: true,
    writable: true,
    enumerable: before?.enumerable ?? true,
  });
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, before);
  };
}
