import { fixedWindows, outputTag, slidingWindows, waitOn } from 'millrace';
import { PAssert, testStream, testStreams, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { note } from '../notes.js';

/** What a step that waits has seen happen before. */

const MAIN = outputTag('main').of<number>();
const SIGNAL = outputTag('signal').of<string>();
const streams = () => testStreams(MAIN, SIGNAL);
const numbers = (...all: number[]) => all.map((n) => timestamped(n, n));
const signs = (...all: number[]) => all.map((n) => timestamped(`s${n}`, n));

/** Notes down signals and what waits for them as they come by; each of the latter after all signals up to `until` of it. */
const waitCase = (
  script: (events: ReturnType<typeof streams>) => ReturnType<typeof streams>,
  windows: { readonly main: number; readonly signal: number },
  expected: readonly number[],
  until: (n: number) => number,
) =>
  conformanceCase(
    (p, notes) => {
      const { main, signal } = p.apply('Events', script(streams()));
      const signed = signal.map('Sign', (text) => {
        note(notes, text);
        return text;
      });
      const signals =
        windows.signal === undefined ? signed : signed.windowInto('Signals', fixedWindows(windows.signal));
      const passed = main
        .windowInto('Mains', fixedWindows(windows.main))
        .apply('Wait', waitOn(signals))
        .map('Pass', (n) => {
          note(notes, `m${n}`);
          return n;
        });
      PAssert.that(passed).containsInAnyOrder(expected);
    },
    {
      requires: ['testStream', 'sideInputs'],
      alone: true,
      noted: (lines) => {
        for (const [at, line] of lines.entries()) {
          if (!line.startsWith('m')) continue;
          const early = lines
            .slice(at)
            .find((later) => later.startsWith('s') && Number(later.slice(1)) < until(Number(line.slice(1))));
          if (early !== undefined) throw new Error(`${line} came before ${early}: ${lines.join(' ')}`);
        }
        if (!lines.some((line) => line.startsWith('m'))) throw new Error('nothing has passed');
      },
    },
  );

const tens = (n: number) => Math.floor(n / 10) * 10 + 10;

export const waitsForTheSignalsOfItsWindow = waitCase(
  (events) =>
    events
      .addElements(MAIN, ...numbers(1, 12))
      .advanceWatermark(MAIN, 20)
      .addElements(SIGNAL, ...signs(2))
      .addElements(SIGNAL, ...signs(5, 13))
      .advanceWatermark(SIGNAL, 10)
      .addElements(SIGNAL, ...signs(17))
      .advanceWatermarkToInfinity(),
  { main: 10, signal: 10 },
  [1, 12],
  tens,
);

export const waitsForSignalsInLongerWindows = waitCase(
  (events) =>
    events
      .addElements(MAIN, ...numbers(1, 12, 23))
      .advanceWatermark(MAIN, 30)
      .addElements(SIGNAL, ...signs(5, 13))
      .advanceWatermark(SIGNAL, 20)
      .addElements(SIGNAL, ...signs(25, 35))
      .advanceWatermarkToInfinity(),
  { main: 10, signal: 20 },
  [1, 12, 23],
  (n) => Math.floor((tens(n) - 1) / 20) * 20 + 20,
);

export const waitsForABoundedSignalInTheGlobalWindow = conformanceCase(
  (p, notes) => {
    const stream = testStream<number>()
      .addElements(...numbers(1, 12))
      .advanceWatermark(30)
      .addElements(...numbers(35))
      .advanceWatermarkToInfinity();
    const signal = p.create('Signal', [5, 50], { timestamps: [5, 50] }).map('Sign', (n) => {
      note(notes, 'signal');
      return n;
    });
    const passed = p
      .apply(stream)
      .windowInto(fixedWindows(10))
      .apply(waitOn(signal))
      .map('Pass', (n) => {
        note(notes, 'main');
        return n;
      });
    PAssert.that(passed).containsInAnyOrder([1, 12, 35]);
  },
  {
    requires: ['testStream', 'sideInputs'],
    alone: true,
    noted: (lines) => {
      if (!lines.includes('main') || lines.lastIndexOf('signal') > lines.indexOf('main'))
        throw new Error(lines.join(' '));
    },
  },
);

export const waitsWhereSomeWindowsHaveNoSignal = waitCase(
  (events) =>
    events
      .addElements(MAIN, ...numbers(1, 12, 23))
      .advanceWatermark(MAIN, 30)
      .addElements(SIGNAL, ...signs(25))
      .advanceWatermarkToInfinity(),
  { main: 10, signal: 10 },
  [1, 12, 23],
  tens,
);

export const slidingWindowsThatWait = conformanceCase(
  (p) => {
    const signal = p.create('Signal', ['s', 't'], { timestamps: [2, 8] }).windowInto('Signals', slidingWindows(10, 5));
    const passed = p
      .create('Main', [1, 7], { timestamps: [1, 7] })
      .windowInto('Mains', slidingWindows(10, 5))
      .apply(waitOn(signal))
      .keyBy(() => 'k')
      .countPerKey();
    PAssert.that(passed.map(({ value }) => value)).containsInAnyOrder([1, 2, 1]);
  },
  { requires: ['sideInputs'] },
);

export const waitsForWhatIsWrittenByStages = conformanceCase(
  (p, notes) => {
    // The signal is made of a grouping, so that it is not there by chance.
    const signal = p
      .create('Signal', [3, 4])
      .keyBy(() => 'k')
      .groupByKey()
      .map('Made', ({ value }) => {
        note(notes, 'signal');
        return [...value].length;
      });
    const passed = p
      .create('Main', [1, 2])
      .apply(waitOn(signal))
      .map('Pass', (n) => {
        note(notes, 'main');
        return n;
      });
    PAssert.that(passed).containsInAnyOrder([1, 2]);
  },
  {
    requires: ['sideInputs'],
    noted: (lines) => {
      if (lines[0] !== 'signal' || !lines.includes('main')) throw new Error(lines.join(' '));
    },
  },
);
