import { fixedWindows, outputTag, sum, waitOn } from 'millrace';
import { PAssert, testStreams, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { NUMBERS } from '../shapes/events.js';

export const waitOnABoundedSignal = conformanceCase(
  (p) => {
    const signal = p.create('Signal', ['a', 'b']);
    PAssert.that(p.create('Main', NUMBERS).apply(waitOn(signal))).containsInAnyOrder(NUMBERS);
  },
  { requires: ['sideInputs'] },
);

export const waitOnAnEmptySignal = conformanceCase(
  (p) => {
    const signal = p.create('Signal', ['a']).filter(() => false);
    PAssert.that(p.create('Main', NUMBERS).apply(waitOn(signal, p.create('Other', [1])))).containsInAnyOrder(NUMBERS);
  },
  { requires: ['sideInputs'] },
);

const ROWS = outputTag('rows').of<number>();

const TABLES = outputTag('tables').of<string>();

export const waitOnTheWindowOfTheSignal = conformanceCase(
  (p) => {
    const { rows, tables } = p.apply(
      testStreams(ROWS, TABLES)
        .addElements(ROWS, timestamped(1, 1), timestamped(12, 12))
        .advanceWatermark(ROWS, 100)
        .addElements(TABLES, timestamped('made', 5))
        .advanceWatermark(TABLES, 100)
        .advanceWatermarkToInfinity(),
    );
    const signal = tables.windowInto('Signals', fixedWindows(10));
    PAssert.that(rows.windowInto('Rows', fixedWindows(10)).apply(waitOn(signal))).containsInAnyOrder([1, 12]);
  },
  { requires: ['testStream', 'sideInputs'], alone: true },
);

export const waitOnWhatIsMadeOfTheSameElements = conformanceCase(
  (p) => {
    const numbers = p.create('Main', NUMBERS);
    const total = numbers.combineGlobally('Total', sum());
    const even = numbers.filter('Even', (n) => n % 2 === 0);
    PAssert.that(numbers.apply(waitOn(total, even)).combineGlobally('Again', sum())).containsInAnyOrder([31]);
  },
  { requires: ['sideInputs'] },
);

export const waitOnOneAfterTheOther = conformanceCase(
  (p) => {
    const first = p.create('First', [1]);
    const second = p.create('Second', [2]).apply('Second after first', waitOn(first));
    const third = p.create('Third', [3]).apply('Third after second', waitOn(second));
    PAssert.that(third.flatten('All', second, first)).containsInAnyOrder([1, 2, 3]);
  },
  { requires: ['sideInputs'] },
);
