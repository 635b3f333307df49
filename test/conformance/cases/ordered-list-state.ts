import { eventTimer, orderedListState } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { list, once } from '../shapes/cells.js';
import { pairs } from '../shapes/pairs.js';

export const orderedListIsInOrderOfTime = conformanceCase(
  (p) => {
    const declared = { state: { list: orderedListState<string>() }, timers: { end: eventTimer() } };
    const seen = pairs(p, ['a', 30], ['a', -5], ['a', 10], ['a', 20], ['b', 1]).parDo<string, typeof declared>(
      'Ordered',
      () => ({
        process({ value }, { state, timers, window }) {
          state.list.add(`v${value}`, value);
          timers.end.set(window.maxTimestamp);
        },
        onTimer: {
          end: ({ key, state, output }) =>
            output(`${key} ${list([...state.list.read()].map(({ value, timestamp }) => `${value}@${timestamp}`))}`),
        },
      }),
      declared,
    );
    PAssert.that(seen).containsInAnyOrder(['a v-5@-5 v10@10 v20@20 v30@30', 'b v1@1']);
  },
  { requires: ['state', 'timers', 'orderedListState'] },
);

export const orderedListByRanges = conformanceCase(
  (p) => {
    const seen = once(p, { state: { list: orderedListState<string>() } }, ({ list: cell }) => {
      const empty = cell.isEmpty();
      for (const at of [5, 1, 3, 3, 9]) cell.add(`e${at}`, at);
      const values = (elements: Iterable<{ readonly value: string }>) => list([...elements].map(({ value }) => value));
      const some = values(cell.readRange(3, 9));
      const none = values(cell.readRange(6, 9)) + values(cell.readRange(9, 3));
      cell.clearRange(3, 5);
      const rest = values(cell.read());
      cell.clear();
      return `${empty} ${some}|${none}|${rest}|${cell.isEmpty()}`;
    });
    PAssert.that(seen).containsInAnyOrder(['true e3 e3 e5||e1 e5 e9|true']);
  },
  { requires: ['state', 'orderedListState'] },
);

export const orderedListKeepsTheOrderOfOneTimestamp = conformanceCase(
  (p) => {
    const seen = once(p, { state: { list: orderedListState<number>() } }, ({ list: cell }) => {
      cell.add(1, 7);
      cell.add(2, 7);
      cell.add(0, 3);
      cell.add(3, 7);
      return list([...cell.read()].map(({ value }) => value));
    });
    PAssert.that(seen).containsInAnyOrder(['0 1 2 3']);
  },
  { requires: ['state', 'orderedListState'] },
);
