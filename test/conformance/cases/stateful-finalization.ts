import {
  type DoFn,
  eventTimer,
  type FinishBundleContext,
  GlobalWindow,
  type KV,
  type Pipeline,
  type ProcessContext,
  type TimerContext,
  valueState,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

type Pair = KV<string, number>;

const requires = ['finalization', 'state'] as const;
const withTimers = { requires: ['finalization', 'state', 'timers'] } as const;

const pairs = (p: Pipeline) =>
  p.create<Pair>('Pairs', [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
    { key: 'a', value: 3 },
  ]);

const seen = { state: { seen: valueState<boolean>() }, requestsFinalization: true } as const;

/** The first value of each key only; wants to be called back for it. */
class FirstOfKey implements DoFn<Pair, string, typeof seen> {
  constructor(private readonly callback: () => void | Promise<void>) {}
  process({ key }: Pair, context: ProcessContext<string, typeof seen>): void {
    if (context.state.seen.read() === true) return;
    context.state.seen.write(true);
    context.afterCommit(this.callback);
    context.output(key);
  }
}

export const finalizationBesideState = conformanceCase(
  (p) => {
    const out = pairs(p).parDo('Called back', () => new FirstOfKey(() => {}), seen);
    PAssert.that(out).containsInAnyOrder(['a', 'b']);
  },
  { requires },
);

export const callbackBesideStateThatThrows = conformanceCase(
  (p) => {
    const out = pairs(p).parDo('Called back', () => new FirstOfKey(() => Promise.reject(new Error('failed'))), seen);
    PAssert.that(out).containsInAnyOrder(['a', 'b']);
  },
  { requires },
);

const atTheEnd = { timers: { end: eventTimer() }, ...seen } as const;

/** Emits in timers and at the end of bundles, which ask to be called back. */
class InEveryCall implements DoFn<Pair, string, typeof atTheEnd> {
  #elements: string[] = [];
  process({ key, value }: Pair, context: ProcessContext<string, typeof atTheEnd>): void {
    this.#elements.push(`${key}${value}`);
    context.timers.end.set(context.window.maxTimestamp);
    context.afterCommit(() => {});
  }
  readonly onTimer = {
    end: ({ key, output }: TimerContext<string, typeof atTheEnd>): void => output(`end of ${String(key)}`),
  };
  finishBundle(context: FinishBundleContext<string>): void {
    context.afterCommit(() => {});
    for (const element of this.#elements.splice(0)) context.output(element, 0, GlobalWindow.INSTANCE);
  }
}

export const finalizationBesideTimers = conformanceCase((p) => {
  const out = pairs(p).parDo('Called back', () => new InEveryCall(), atTheEnd);
  PAssert.that(out).containsInAnyOrder(['a1', 'b2', 'a3', 'end of a', 'end of b']);
}, withTimers);

/** One that has state, and does not say that it wants to be called back. */
class Undeclared implements DoFn<Pair, string, { state: typeof seen.state }> {
  process(_: Pair, context: ProcessContext<string, { state: typeof seen.state }>): void {
    context.afterCommit(() => {});
  }
}

export const finalizationBesideStateThatIsNotDeclared = conformanceCase(
  (p) => {
    pairs(p).parDo('Called back', () => new Undeclared(), { state: seen.state });
  },
  { requires: ['state'], fails: 'FINALIZATION_UNDECLARED', saying: ['Called back'] },
);
