import {
  asIterable,
  asMap,
  asSingleton,
  bagState,
  type DoFn,
  type ExpirationContext,
  eventTimer,
  fixedWindows,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  type SideInput,
  type SideMap,
  type TimerContext,
  valueState,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type Pair, pairs } from '../shapes/pairs.js';

const WINDOWS = fixedWindows(10);

const rates = (p: Pipeline): SideInput<SideMap<string, number>> =>
  asMap(
    p.create('Rates', [
      { key: 'a', value: 10 },
      { key: 'b', value: 100 },
    ]),
  );

const adding = { state: { total: valueState<number>() } };
type Adding = typeof adding & { readonly sideInputs: { readonly rates: SideInput<SideMap<string, number>> } };

/** The sum of the values of a key so far, in the rate of the key. */
class Add implements DoFn<Pair, number, Adding> {
  process({ key, value }: Pair, { state, sideInputs, output }: ProcessContext<number, Adding>): void {
    state.total.write((state.total.read() ?? 0) + value * sideInputs.rates.get(key)!);
    output(state.total.read()!);
  }
}

export const stateWithASideInput = conformanceCase(
  (p) => {
    const totals = pairs(p, ['a', 1, 1], ['b', 2, 2]).parDo('Add', () => new Add(), {
      ...adding,
      sideInputs: { rates: rates(p) },
    });
    PAssert.that(totals).containsInAnyOrder([10, 200]);
  },
  { requires: ['state', 'sideInputs'] },
);

const collecting = { state: { seen: bagState<number>() }, timers: { end: eventTimer() } };
type Collecting = typeof collecting & { readonly sideInputs: { readonly side: SideInput<Iterable<number>> } };

/** At the end of a window, the values of a key with what the side input holds in that window. */
class Collect implements DoFn<Pair, string, Collecting> {
  process({ value }: Pair, { state, timers, window }: ProcessContext<string, Collecting>): void {
    state.seen.add(value);
    timers.end.set(window.maxTimestamp);
  }
  onTimer = {
    end({ state, sideInputs, key, output }: TimerContext<string, Collecting>): void {
      output(`${key}:${sorted(state.seen.read())}/${sorted(sideInputs.side)}`);
    },
  };
}

const sorted = (values: Iterable<number>): string => [...values].sort((a, b) => a - b).join('+');

const inWindows = (p: Pipeline, name: string, ...instants: readonly number[]): PCollection<number> =>
  p.create(name, instants, { timestamps: instants }).windowInto(`${name}Windows`, WINDOWS);

export const timersWithASideInput = conformanceCase(
  (p) => {
    const seen = pairs(p, ['a', 1, 1], ['a', 2, 2], ['b', 3, 3], ['a', 11, 11])
      .windowInto('Windows', WINDOWS)
      .parDo('Collect', () => new Collect(), {
        ...collecting,
        sideInputs: { side: asIterable(inWindows(p, 'Side', 5, 6, 25)) },
      });
    PAssert.that(seen).containsInAnyOrder(['a:1+2/5+6', 'b:3/5+6', 'a:11/']);
  },
  { requires: ['state', 'timers', 'sideInputs'] },
);

const leaving = { state: { last: valueState<number>() } };
type Leaving = typeof leaving & { readonly sideInputs: { readonly side: SideInput<number> } };

class Leave implements DoFn<Pair, string, Leaving> {
  process({ value }: Pair, { state }: ProcessContext<string, Leaving>): void {
    state.last.write(value);
  }
  onWindowExpiration({ key, state, sideInputs, output }: ExpirationContext<string, Leaving>): void {
    output(`${key}:${state.last.read()}/${sideInputs.side}`);
  }
}

export const windowExpirationWithASideInput = conformanceCase(
  (p) => {
    const seen = pairs(p, ['a', 1, 1], ['b', 12, 12])
      .windowInto('Windows', WINDOWS)
      .parDo('Leave', () => new Leave(), {
        ...leaving,
        sideInputs: { side: asSingleton(inWindows(p, 'Side', 5), { default: -1 }) },
      });
    PAssert.that(seen).containsInAnyOrder(['a:1/5', 'b:12/-1']);
  },
  { requires: ['state', 'windowExpiration', 'sideInputs'] },
);

const sorting = { state: { soFar: valueState<string>() }, requiresTimeSortedInput: true };
type Sorting = typeof sorting & { readonly sideInputs: { readonly side: SideInput<number> } };

/** What came of a key so far, times the side input. */
class InOrder implements DoFn<Pair, string, Sorting> {
  process({ key, value }: Pair, { state, sideInputs, output }: ProcessContext<string, Sorting>): void {
    state.soFar.write(`${state.soFar.read() ?? ''}${value * sideInputs.side};`);
    output(`${key}:${state.soFar.read()}`);
  }
}

export const timeSortedInputWithASideInput = conformanceCase(
  (p) => {
    const seen = pairs(p, ['a', 3, 3], ['a', 1, 1], ['a', 2, 2]).parDo('InOrder', () => new InOrder(), {
      ...sorting,
      sideInputs: { side: asSingleton(p.create('Ten', [10])) },
    });
    PAssert.that(seen).containsInAnyOrder(['a:10;', 'a:10;20;', 'a:10;20;30;']);
  },
  { requires: ['state', 'timeSortedInput', 'sideInputs'] },
);

export const stateBesideASideInput = conformanceCase(
  (p) => {
    const factors = p
      .create('Factors', [10, 100], { timestamps: [1, 11] })
      .windowInto('FactorsInTens', fixedWindows(10));
    const declared = {
      state: { sum: valueState<number>() },
      timers: { end: eventTimer() },
      sideInputs: { factor: asSingleton(factors) },
    };
    const products = pairs(p, ['a', 1, 2], ['a', 2, 3], ['a', 4, 12])
      .windowInto(fixedWindows(10))
      .parDo<string, typeof declared>(
        'Products',
        () => ({
          process({ value }, { state, timers, window, sideInputs }) {
            state.sum.write((state.sum.read() ?? 0) + value * sideInputs.factor);
            timers.end.set(window.maxTimestamp);
          },
          onTimer: {
            end: ({ key, state, sideInputs, output }) => output(`${key} ${state.sum.read()} ${sideInputs.factor}`),
          },
        }),
        declared,
      );
    PAssert.that(products).containsInAnyOrder(['a 30 10', 'a 400 100']);
  },
  { requires: ['sideInputs', 'state', 'timers'] },
);
