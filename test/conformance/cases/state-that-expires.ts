import {
  bagState,
  combiningState,
  mapState,
  multimapState,
  orderedListState,
  type ProcessContext,
  type StateSpec,
  setState,
  sum,
  valueState,
} from 'millrace';
import { PAssert, testStream } from 'millrace/testing';
import { conformanceCase, type Requirement } from '../case.js';
import { list, sorted } from '../shapes/cells.js';

/** What was not written for as long as its `ttl` says is not there any more. Each cell is read, and then written. */

const TTL = 100;
const options = { ttl: TTL };

const script = testStream<number>()
  .addElements(1)
  .advanceProcessingTime(60)
  .addElements(2)
  .advanceProcessingTime(60)
  // Longer ago than its `ttl` the cell was new; but it was written since.
  .addElements(3)
  .advanceProcessingTime(TTL)
  .addElements(4)
  .advanceWatermarkToInfinity();

function forgets<Cell>(
  cell: StateSpec<Cell>,
  use: (cell: Cell, n: number) => string,
  expected: readonly string[],
  ...requires: Requirement[]
) {
  type Declared = { readonly state: { readonly cell: StateSpec<Cell> } };
  return conformanceCase(
    (p) => {
      const seen = p
        .apply(script)
        .keyBy('Key', () => 'k')
        .parDo<string, Declared>(
          'Forgets',
          () => ({
            process({ value }, { state, output }: ProcessContext<string, Declared>) {
              output(`${value}: ${use(state.cell as Cell, value)}`);
            },
          }),
          { state: { cell } },
        );
      PAssert.that(seen).containsInAnyOrder(expected);
    },
    { requires: ['state', 'stateTtl', 'testStream', ...requires], alone: true },
  );
}

export const valueIsForgotten = forgets(
  valueState<number>(options),
  (cell, n) => {
    const before = cell.read();
    cell.write(n);
    return `${before}`;
  },
  ['1: undefined', '2: 1', '3: 2', '4: undefined'],
);

export const bagIsForgotten = forgets(
  bagState<number>(options),
  (cell, n) => {
    const before = `${sorted(cell.read())} ${cell.isEmpty()}`;
    cell.add(n);
    return before;
  },
  ['1:  true', '2: 1 false', '3: 1 2 false', '4:  true'],
);

export const combinedValueIsForgotten = forgets(
  combiningState(sum(), options),
  (cell, n) => {
    cell.add(n);
    return `${cell.read()}`;
  },
  ['1: 1', '2: 3', '3: 6', '4: 4'],
);

export const mapIsForgotten = forgets(
  mapState<string, number>(options),
  (cell, n) => {
    const before = sorted(cell.keys());
    cell.put(`k${n}`, n);
    return before;
  },
  ['1: ', '2: k1', '3: k1 k2', '4: '],
  'mapState',
);

export const setIsForgotten = forgets(
  setState<number>(options),
  (cell, n) => {
    const before = sorted(cell.read());
    cell.add(n);
    return before;
  },
  ['1: ', '2: 1', '3: 1 2', '4: '],
  'mapState',
);

export const multimapIsForgotten = forgets(
  multimapState<string, number>(options),
  (cell, n) => {
    const before = sorted(cell.get('all'));
    cell.put('all', n);
    return before;
  },
  ['1: ', '2: 1', '3: 1 2', '4: '],
  'mapState',
);

export const orderedListIsForgotten = forgets(
  orderedListState<number>(options),
  (cell, n) => {
    const before = list([...cell.read()].map(({ value }) => value));
    cell.add(n, 10 - n);
    return before;
  },
  ['1: ', '2: 1', '3: 2 1', '4: '],
  'orderedListState',
);
