import {
  type DoFn,
  type FinishBundleContext,
  fixedWindows,
  IntervalWindow,
  outputTag,
  type PCollection,
  type ProcessContext,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { where } from '../shapes/where.js';

/** What a ParDo emits: to which outputs, from where, and where it then stands. */

const x = outputTag('x').of<string>();
const y = outputTag('y').of<string>();

/** Emits a word to each output whose letter is in it, and nothing to the main one. */
class Tee implements DoFn<string, never> {
  process(word: string, context: ProcessContext<never>): void {
    if (word.includes('x')) context.outputTagged(x, word);
    if (word.includes('y')) context.outputTagged(y, word);
  }
}

export const anElementInSeveralTaggedOutputs = conformanceCase((p) => {
  const out = p.create('Words', ['x', 'y', 'xy', '']).parDo('Tee', () => new Tee(), { outputs: [x, y] });
  PAssert.that('X', out.x).containsInAnyOrder(['x', 'xy']);
  PAssert.that('Y', out.y).containsInAnyOrder(['y', 'xy']);
  PAssert.that('Main', out.main).empty();
});

export const outputsOfAnEmptyInput = conformanceCase((p) => {
  const out = p.create<string>('Words', []).parDo('Tee', () => new Tee(), { outputs: [x, y] });
  PAssert.that('X', out.x).empty();
  PAssert.that('Y', out.y).empty();
  PAssert.that('Main', out.main).empty();
});

export const taggedOutputThatStaysEmpty = conformanceCase((p) => {
  const out = p.create('Words', ['x']).parDo('Tee', () => new Tee(), { outputs: [x, y] });
  PAssert.that('X', out.x).containsInAnyOrder(['x']);
  PAssert.that('Y', out.y.countPerElement()).empty();
});

export const parDoThatEmitsNothing = conformanceCase((p) => {
  const none = p.create('Numbers', [1, 2]).parDo<number>('Sink', () => ({ process() {} }));
  PAssert.that(none).empty();
});

export const taggedOutputsFlattened = conformanceCase((p) => {
  const out = p.create('Words', ['x', 'y', 'xy']).parDo('Tee', () => new Tee(), { outputs: [x, y] });
  PAssert.that(out.x.flatten(out.y, out.main)).containsInAnyOrder(['x', 'y', 'xy', 'xy']);
});

export const taggedOutputThatIsNotDeclared = conformanceCase(
  (p) => {
    p.create('Words', ['xy']).parDo('Tee', () => new Tee(), { outputs: [x] });
  },
  { fails: 'OUTPUT_TAG_UNKNOWN', saying: ['Tee', 'y'] },
);

export const taggedOutputsStandWhereTheirElementStands = conformanceCase((p) => {
  const out = p
    .create('Words', ['x', 'xy'], { timestamps: [3, 14] })
    .windowInto(fixedWindows(10))
    .parDo('Tee', () => new Tee(), { outputs: [x, y] });
  PAssert.that('X', out.x.apply('Where x', where)).containsInAnyOrder(['x@3[0,10)', 'xy@14[10,20)']);
  PAssert.that('Y', out.y.apply('Where y', where)).containsInAnyOrder(['xy@14[10,20)']);
});

/** Emits at the end of the bundle, into the window of each element and beside it. */
class AtTheEnd implements DoFn<number, string> {
  #seen: number[] = [];
  startBundle(): void {
    this.#seen = [];
  }
  process(n: number): void {
    this.#seen.push(n);
  }
  finishBundle(context: FinishBundleContext<string>): void {
    for (const n of this.#seen) {
      const start = Math.floor(n / 10) * 10;
      context.output(`${n}`, n, new IntervalWindow(start, start + 10));
      context.outputTagged(x, `${n}`, start + 9, new IntervalWindow(start, start + 10));
    }
  }
}

export const outputOfFinishBundleStandsWhereItSays = conformanceCase((p) => {
  const out = p
    .create('Numbers', [1, 2, 13], { timestamps: [1, 2, 13] })
    .windowInto(fixedWindows(10))
    .parDo('End', () => new AtTheEnd(), { outputs: [x] });
  PAssert.that('Main', where(out.main)).containsInAnyOrder(['1@1[0,10)', '2@2[0,10)', '13@13[10,20)']);
  PAssert.that('X', out.x.apply('Where x', where)).containsInAnyOrder(['1@9[0,10)', '2@9[0,10)', '13@19[10,20)']);
});

export const outputOfFinishBundleIsGroupedByItsWindow = conformanceCase((p) => {
  const out = p
    .create('Numbers', [1, 2, 13], { timestamps: [1, 2, 13] })
    .windowInto(fixedWindows(10))
    .parDo('End', () => new AtTheEnd(), { outputs: [x] });
  const grouped = out.main
    .keyBy('Key', () => 'k')
    .groupByKey()
    .map('Join', ({ value }) => [...value].sort().join('+'));
  PAssert.that(where(grouped)).containsInAnyOrder(['1+2@9[0,10)', '13@19[10,20)']);
});

/** Moves elements in time. */
const moved = (input: PCollection<number>, by: (n: number) => number): PCollection<number> =>
  input.parDo('Move', () => ({
    process(n: number, context: ProcessContext<number>): void {
      context.outputWithTimestamp(n, by(n));
    },
  }));

export const outputAtALaterTimestamp = conformanceCase((p) => {
  const numbers = p.create('Numbers', [1, 5], { timestamps: [1, 5] });
  PAssert.that(where(moved(numbers, (n) => n + 100))).containsInAnyOrder(['1@101global', '5@105global']);
});

export const outputAtAnEarlierTimestampIsRefused = conformanceCase(
  (p) => {
    moved(p.create('Numbers', [1_500], { timestamps: [1_500] }), (n) => n - 1);
  },
  { fails: 'TIMESTAMP_SKEW', saying: ['Move', '1500', '1499'] },
);

export const outputAtALaterTimestampStaysInItsWindow = conformanceCase((p) => {
  const numbers = p.create('Numbers', [1], { timestamps: [1] }).windowInto(fixedWindows(10));
  // Only windowInto gives another window.
  PAssert.that(where(moved(numbers, (n) => n + 100))).containsInAnyOrder(['1@101[0,10)']);
});

export const timestampsBackWithinTheSkew = conformanceCase((p) => {
  const back = p
    .create('Numbers', [100, 200], { timestamps: [100, 200] })
    .withTimestamps('Back', (n) => n - 50, { allowedSkewMs: 50 });
  PAssert.that(where(back)).containsInAnyOrder(['100@50global', '200@150global']);
});

export const timestampsBackBeyondTheSkew = conformanceCase(
  (p) => {
    p.create('Numbers', [100], { timestamps: [100] }).withTimestamps('Back', (n) => n - 51, { allowedSkewMs: 50 });
  },
  { fails: 'TIMESTAMP_SKEW', saying: ['Back', '49'] },
);

export const timestampThatIsUndefined = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).withTimestamps('Stamp', () => undefined as unknown as number);
  },
  { fails: 'TIMESTAMP_INVALID', saying: ['Stamp', 'undefined'] },
);

export const timestampsReplaceThoseBefore = conformanceCase((p) => {
  const twice = p
    .create('Numbers', [1, 2], { timestamps: [1, 2] })
    .withTimestamps('First', (n) => n * 10)
    .withTimestamps('Second', (n) => n * 100);
  PAssert.that(where(twice)).containsInAnyOrder(['1@100global', '2@200global']);
});

/** Without a step of its own. */
export const compositeThatHandsOnOneOfTwo = conformanceCase((p) => {
  const [a, b] = [p.create('A', ['a']), p.create('B', ['b'])];
  const first = p.apply('First', () => [a, b][0]!);
  PAssert.that('Of first', first).containsInAnyOrder(['a']);
  PAssert.that('Of other', b).containsInAnyOrder(['b']);
});
