import {
  afterCount,
  afterWatermark,
  type DoFn,
  fixedWindows,
  type KV,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  redistribute,
  redistributeByKey,
  repeatedly,
  sessionWindows,
  slidingWindows,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** Reshuffle and Redistribute change nothing but where an element is worked on. */

const requires = ['reshuffle'] as const;

/** Where an element stands, with its pane: `value@timestamp[start,end) ON_TIME 0`. */
class Where implements DoFn<unknown, string> {
  process(element: unknown, context: ProcessContext<string>): void {
    const { start, end } = context.window;
    const { timing, index } = context.pane;
    context.output(`${String(element)}@${context.timestamp}[${start},${end}) ${timing} ${index}`);
  }
}

const where = (input: PCollection<unknown>): PCollection<string> => input.parDo('Where', () => new Where());

const timed = (p: Pipeline): PCollection<KV<string, number>> =>
  p.create('Times', [1, 4, 12, 35], { timestamps: [1, 4, 12, 35] }).keyBy('Key', (n) => (n % 2 === 0 ? 'even' : 'odd'));

const joined = (input: PCollection<KV<string, number>>): PCollection<string> =>
  input.groupByKey('Group').map('Joined', ({ key, value }) => `${key} ${[...value].sort((a, b) => a - b).join('+')}`);

const SESSIONS = ['even 4+12@21[4,22)', 'odd 1@10[1,11)', 'odd 35@44[35,45)'];

/** Without the pane, which is not the same everywhere where windows have merged. */
const places = (input: PCollection<string>): PCollection<string> =>
  where(input).map('Place', (place) => place.slice(0, place.indexOf(')') + 1));

/** Sessions that are no groups yet merge behind it as they would have before. */
export const sessionsThroughReshuffle = conformanceCase(
  (p) => PAssert.that(places(joined(timed(p).windowInto(sessionWindows(10)).reshuffle()))).containsInAnyOrder(SESSIONS),
  { requires },
);

export const sessionsThroughRedistribute = conformanceCase(
  (p) => {
    const spread = timed(p).windowInto(sessionWindows(10)).apply(redistributeByKey());
    PAssert.that(places(joined(spread))).containsInAnyOrder(SESSIONS);
  },
  { requires },
);

export const groupsOfSessionsThroughReshuffle = conformanceCase(
  (p) => PAssert.that(places(joined(timed(p).windowInto(sessionWindows(10))).reshuffle())).containsInAnyOrder(SESSIONS),
  { requires },
);

export const groupsOfFixedWindowsThroughReshuffle = conformanceCase(
  (p) =>
    PAssert.that(where(joined(timed(p).windowInto(fixedWindows(10))).reshuffle())).containsInAnyOrder([
      'odd 1@9[0,10) ON_TIME 0',
      'even 4@9[0,10) ON_TIME 0',
      'even 12@19[10,20) ON_TIME 0',
      'odd 35@39[30,40) ON_TIME 0',
    ]),
  { requires },
);

export const groupsOfSlidingWindowsThroughReshuffle = conformanceCase(
  (p) => {
    const once = p.create('Times', [7, 8], { timestamps: [7, 8] }).keyBy('Key', () => 'k');
    PAssert.that(where(joined(once.windowInto(slidingWindows(10, 5))).reshuffle())).containsInAnyOrder([
      'k 7+8@9[0,10) ON_TIME 0',
      'k 7+8@14[5,15) ON_TIME 0',
    ]);
  },
  { requires },
);

export const panesThroughReshuffle = conformanceCase(
  (p) => {
    const fired = p
      .create('Times', [1, 2, 3], { timestamps: [1, 2, 3] })
      .windowInto(fixedWindows(10), {
        trigger: afterWatermark({ early: repeatedly(afterCount(2)) }),
        accumulation: 'discarding',
      })
      .keyBy(() => 'k')
      .countPerKey()
      .map(({ value }) => value);
    PAssert.that(where(fired.reshuffle())).containsInAnyOrder(['2@9[0,10) EARLY 0', '1@9[0,10) ON_TIME 1']);
  },
  { requires: ['reshuffle', 'triggers'], exactPanes: true },
);

/** The trigger before it is that of what comes behind it. */
export const triggerBehindReshuffle = conformanceCase(
  (p) => {
    const counts = p
      .create('Times', [1, 2, 3], { timestamps: [1, 2, 3] })
      .windowInto(fixedWindows(10), { trigger: repeatedly(afterCount(3)), accumulation: 'discarding' })
      .keyBy(() => 'k')
      .reshuffle()
      .countPerKey()
      .map(({ value }) => value);
    PAssert.that(where(counts)).satisfies((seen) => {
      if (!seen.includes('3@9[0,10) EARLY 0')) throw new Error(seen.join('; '));
    });
  },
  { requires: ['reshuffle', 'triggers'], exactPanes: true },
);

export const equalElementsThroughReshuffle = conformanceCase(
  (p) => PAssert.that(p.create('Ones', [1, 1, 1, 2]).reshuffle()).containsInAnyOrder([1, 1, 1, 2]),
  { requires },
);

export const valuesOfAllKindsAreSpread = conformanceCase(
  (p) => {
    const all = [null, undefined, 0, '', [], {}, Number.NaN, 1n, new Date(0), new Map()];
    PAssert.that('Reshuffled', p.create('Values', all).reshuffle()).containsInAnyOrder(all);
    PAssert.that('Redistributed', p.create('Others', all).apply(redistribute())).containsInAnyOrder(all);
  },
  { requires },
);

export const reshuffledTwice = conformanceCase(
  (p) =>
    PAssert.that(
      p
        .create('Numbers', [1, 2, 3])
        .reshuffle('First')
        .reshuffle('Second')
        .map((n) => n * 2),
    ).containsInAnyOrder([2, 4, 6]),
  { requires },
);

export const reshuffleOfNothingAndSomething = conformanceCase(
  (p) =>
    PAssert.that(
      p
        .create<number>('None', [])
        .flatten(p.create('Some', [1]))
        .reshuffle(),
    ).containsInAnyOrder([1]),
  { requires },
);
