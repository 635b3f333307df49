import { fixedWindows, outputTag, sum, waitOn } from 'millrace';
import { PAssert, testStreams, timestamped } from 'millrace/testing';
import { NUMBERS } from '../shapes/events.js';
import { sideInputCase } from '../shapes/side-inputs.js';
import { streamCase } from '../shapes/streamed.js';

export const waitOnABoundedSignal = sideInputCase((p) => {
  const signal = p.create('Signal', ['a', 'b']);
  PAssert.that(p.create('Main', NUMBERS).apply(waitOn(signal))).containsInAnyOrder(NUMBERS);
});

export const waitOnAnEmptySignal = sideInputCase((p) => {
  const signal = p.create('Signal', ['a']).filter(() => false);
  PAssert.that(p.create('Main', NUMBERS).apply(waitOn(signal, p.create('Other', [1])))).containsInAnyOrder(NUMBERS);
});

const ROWS = outputTag('rows').of<number>();

const TABLES = outputTag('tables').of<string>();

export const waitOnTheWindowOfTheSignal = streamCase(
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
  { requires: ['sideInputs'] },
);

export const waitOnWhatIsMadeOfTheSameElements = sideInputCase((p) => {
  const numbers = p.create('Main', NUMBERS);
  const total = numbers.combineGlobally('Total', sum());
  const even = numbers.filter('Even', (n) => n % 2 === 0);
  PAssert.that(numbers.apply(waitOn(total, even)).combineGlobally('Again', sum())).containsInAnyOrder([31]);
});

export const waitOnOneAfterTheOther = sideInputCase((p) => {
  const first = p.create('First', [1]);
  const second = p.create('Second', [2]).apply('Second after first', waitOn(first));
  const third = p.create('Third', [3]).apply('Third after second', waitOn(second));
  PAssert.that(third.flatten('All', second, first)).containsInAnyOrder([1, 2, 3]);
});
