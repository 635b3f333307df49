import { fixedWindows, valueState } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { pairs } from '../shapes/pairs.js';

export const inputInOrderOfTime = conformanceCase(
  (p) => {
    const declared = { state: { last: valueState<string>() }, requiresTimeSortedInput: true } as const;
    const seen = pairs(p, ['a', 3, 30], ['b', 5, 5], ['a', 1, 10], ['a', 2, 20]).parDo<string, typeof declared>(
      'InOrder',
      () => ({
        process({ key, value }, { state, output }) {
          const order = `${state.last.read() ?? key}${value}`;
          state.last.write(order);
          if (value === 3 || value === 5) output(order);
        },
      }),
      declared,
    );
    PAssert.that(seen).containsInAnyOrder(['a123', 'b5']);
  },
  { requires: ['state', 'timeSortedInput'] },
);

export const inputInOrderOfTimeByWindows = conformanceCase(
  (p) => {
    const declared = { state: { last: valueState<string>() }, requiresTimeSortedInput: true } as const;
    const seen = pairs(p, ['a', 3, 8], ['a', 2, 12], ['a', 1, 11], ['a', 1, 1], ['a', 2, 4])
      .windowInto(fixedWindows(10))
      .parDo<string, typeof declared>(
        'InOrder',
        () => ({
          process({ value }, { state, window, output }) {
            const order = `${state.last.read() ?? ''}${value}`;
            state.last.write(order);
            if (order.length === (window.start === 0 ? 3 : 2)) output(order);
          },
        }),
        declared,
      );
    PAssert.that(seen).containsInAnyOrder(['123', '12']);
  },
  { requires: ['state', 'timeSortedInput'] },
);
