import type { TriggerSpec } from '../model/windowing.js';
import { closest } from './closest.js';
import { PLAN_ERROR, planError } from './plan-error.js';
import { callersLine } from './source-line.js';
import type { WindowOptions } from './windowing.js';

type Checks = { readonly [Name in keyof Required<WindowOptions>]: (value: unknown) => void };

/** What types rule out, and plain JavaScript does not: an option that was ignored would give other results, and no word of it. */
export function checkWindowOptions(options: WindowOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) throw unknownOption(name);
    if (value !== undefined) CHECKS[name as keyof WindowOptions](value);
  }
}

const CHECKS: Checks = {
  allowedLateness: (value) => {
    if (!Number.isSafeInteger(value) || (value as number) < 0)
      throw refuse(`the allowed lateness is ${String(value)}, not a whole number of milliseconds from 0 on`);
  },
  trigger: checkTrigger,
  accumulation: oneOf('accumulation', ['discarding', 'accumulating']),
  timestampCombiner: oneOf('timestampCombiner', ['endOfWindow', 'latest', 'earliest']),
  closingBehavior: oneOf('closingBehavior', ['EMIT_ALWAYS', 'EMIT_IF_NONEMPTY']),
  onTimeBehavior: oneOf('onTimeBehavior', ['FIRE_ALWAYS', 'FIRE_IF_NONEMPTY']),
};

function oneOf(name: string, values: readonly string[]): (value: unknown) => void {
  return (value) => {
    if (values.includes(value as string)) return;
    const hint =
      value === 'retracting'
        ? "no runner has Beam's retracting panes: take 'accumulating', and let a later pane replace the one before"
        : undefined;
    const known = values.map((each) => `'${each}'`).join(', ');
    throw refuse(`${name} is ${show(value)}, not one of ${known}`, hint);
  };
}

type Kind = TriggerSpec['kind'];

/** By kind, the triggers that it is made of. */
const PARTS: { readonly [K in Kind]: (spec: Extract<TriggerSpec, { kind: K }>) => unknown } = {
  default: () => [],
  always: () => [],
  never: () => [],
  elementCount: ({ count }) => (Number.isSafeInteger(count) && count >= 1 ? [] : undefined),
  afterEndOfWindow: ({ earlyFirings, lateFirings }) => [earlyFirings, lateFirings].filter((part) => part !== undefined),
  afterProcessingTime: ({ timestampTransforms }) => (Array.isArray(timestampTransforms) ? [] : undefined),
  afterSynchronizedProcessingTime: () => [],
  afterAll: ({ subtriggers }) => subtriggers,
  afterAny: ({ subtriggers }) => subtriggers,
  afterEach: ({ subtriggers }) => subtriggers,
  orFinally: (spec) => [spec.main, spec.finally],
  repeat: ({ subtrigger }) => [subtrigger],
};

function checkTrigger(value: unknown): void {
  const kind = (value as Partial<TriggerSpec> | null | undefined)?.kind;
  const parts: unknown = kind !== undefined && Object.hasOwn(PARTS, kind) ? PARTS[kind](value as never) : undefined;
  if (!Array.isArray(parts))
    throw refuse(
      `${show(value)} is no trigger`,
      'afterWatermark(), repeatedly(afterCount(100)) and their like make one',
    );
  parts.forEach(checkTrigger);
}

function unknownOption(name: string): Error {
  const names = Object.keys(CHECKS);
  const meant = closest(name, names);
  const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean ${meant}?`;
  return refuse(`windowInto has no option '${name}'`, hint);
}

function show(value: unknown): string {
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
}

function refuse(what: string, hint?: string): Error {
  return planError(PLAN_ERROR.windowing, what, { source: callersLine(), ...(hint !== undefined && { hint }) });
}
