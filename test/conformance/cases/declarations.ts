import { asSingleton, type DoFn, eventTimer, type KV, type Pipeline, type ProcessContext, valueState } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** What plain JavaScript can get wrong: types do not see it, so it is an error with the names that there are. */
interface Anything {
  readonly state: Readonly<Record<string, { read(): unknown }>>;
  readonly timers: Readonly<Record<string, { set(instant: number): void }>>;
  readonly sideInputs: Readonly<Record<string, unknown>>;
}
const careless = (touch: (context: Anything) => unknown) => ({
  process: (_: unknown, context: object): void => void touch(context as Anything),
});
const pairs = (p: Pipeline) => p.create('Pairs', [{ key: 'a', value: 1 }]);

export const stateThatIsNotDeclared = conformanceCase(
  (p) => {
    const doFn = careless(({ state }) => state.sene!.read());
    pairs(p).parDo('Count', () => doFn, { state: { seen: valueState<number>() } });
  },
  // State is read too often for anyone to look after its names: undefined is asked, and the error says which there are.
  { requires: ['state'], fails: 'FUNCTION_THREW', saying: ['Count', "the step declares the state 'seen'"] },
);

export const timerThatIsNotDeclared = conformanceCase(
  (p) => {
    const doFn = { ...careless(({ timers }) => timers.ends?.set(0)), onTimer: { end() {} } };
    const timers = { end: eventTimer() };
    pairs(p).parDo('Wait', () => doFn as DoFn<KV<string, number>, never, { timers: typeof timers }>, { timers });
  },
  { requires: ['state', 'timers'], fails: 'TIMER_UNDECLARED', saying: ['Wait', "'ends'", "'end'"] },
);

export const stateWhereNothingIsDeclared = conformanceCase(
  (p) => {
    pairs(p).parDo('Count', () => careless(({ state }) => state.seen?.read()));
  },
  { fails: 'STATE_UNDECLARED', saying: ['Count', "'seen'", 'none'] },
);

export const sideInputThatIsNotDeclared = conformanceCase(
  (p) => {
    pairs(p).parDo('Look', () => careless(({ sideInputs }) => sideInputs.rats), {
      sideInputs: { rates: asSingleton(p.create('Rates', [1])) },
    });
  },
  { requires: ['sideInputs'], fails: 'SIDE_INPUT_UNDECLARED', saying: ['Look', "'rats'", "'rates'"] },
);

export const handlerOfATimerThatIsNotDeclared = conformanceCase(
  (p) => {
    const doFn: DoFn<KV<string, number>, never> = { process() {}, onTimer: { end() {} } as object };
    pairs(p).parDo('Wait', () => doFn);
  },
  { fails: 'TIMER_UNDECLARED', saying: ['Wait', "'end'"] },
);

export const expirationOfWhatIsNotDeclared = conformanceCase(
  (p) => {
    pairs(p).parDo(
      'Expire',
      () => ({ process() {}, onWindowExpiration() {} }) satisfies DoFn<KV<string, number>, never>,
    );
  },
  { fails: 'STATE_UNDECLARED', saying: ['Expire', 'onWindowExpiration'] },
);

export const promiseOfAWindowThatExpires = conformanceCase(
  (p) => {
    const seen = valueState<number>();
    class Later implements DoFn<KV<string, number>, never, { state: { seen: typeof seen } }> {
      process(_: unknown, { state }: ProcessContext<never, { state: { seen: typeof seen } }>): void {
        state.seen.write(1);
      }
      // As plain JavaScript could have it.
      readonly onWindowExpiration = (async () => {}) as () => unknown as () => void;
    }
    pairs(p).parDo('Expire', () => new Later(), { state: { seen } });
  },
  { requires: ['state', 'windowExpiration'], fails: 'FUNCTION_RETURNED_PROMISE', saying: ['Expire', 'mapAsync'] },
);

/** A hint is one: it changes nothing but where a step may run. */
export const stepsWithResourceHints = conformanceCase((p) => {
  const lengths = p
    .create('Words', ['a', 'bb', 'ccc'])
    .parDo<string>('Upper', () => ({ process: (word, { output }) => output(word.toUpperCase()) }), {
      resourceHints: { minRamBytes: 1_000_000, cpuCount: 1 },
    })
    .map('Length', (word) => word.length);
  PAssert.that(lengths).containsInAnyOrder([1, 2, 3]);
});
