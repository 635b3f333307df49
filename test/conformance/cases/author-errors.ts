import {
  asIterable,
  combiningState,
  customWindows,
  eventTimer,
  IntervalWindow,
  type OffsetRange,
  OffsetRangeTracker,
  outputTag,
  type Pipeline,
  type ProcessContext,
  type SplittableFn,
  type SplittableWork,
  splittable,
  valueState,
  type WindowFn,
} from 'millrace';
import { conformanceCase, type Requirement } from '../case.js';

/** Whatever function of the author fails: the error names its step and no other, says why, and leads to the line. */

const numbers = (p: Pipeline) => p.create('Numbers', [1]).map('Before', (n) => n);

const failing = (
  build: (p: Pipeline, fail: (why?: unknown) => never) => void,
  step: string,
  requires: readonly Requirement[] = [],
) =>
  conformanceCase(
    (p) =>
      build(p, function theAuthorFails(why: unknown = new RangeError('out of luck')): never {
        throw why;
      }),
    {
      requires,
      fails: 'FUNCTION_THREW',
      saying: [step, 'out of luck', 'author-errors.ts:'],
      notSaying: ['Before', 'After'],
      tracing: ['theAuthorFails'],
    },
  );

export const failsInAMap = failing((p, fail) => {
  numbers(p)
    .map('Here', () => fail())
    .map('After', (n) => n);
}, 'Here');

export const failsInAFilter = failing((p, fail) => {
  numbers(p)
    .filter('Here', () => fail())
    .map('After', (n) => n);
}, 'Here');

export const failsInAKeyBy = failing((p, fail) => {
  numbers(p)
    .keyBy('Here', () => fail())
    .map('After', (n) => n);
}, 'Here');

/** After some elements have come out of it. */
export const failsInTheMidstOfAGenerator = failing((p, fail) => {
  numbers(p)
    .flatMap('Here', function* () {
      yield 1;
      fail();
    })
    .map('After', (n) => n);
}, 'Here');

export const failsInAParDoWithOutputs = failing((p, fail) => {
  const tag = outputTag('tag').of<number>();
  const out = numbers(p).parDo(
    'Here',
    () => ({
      process(n: number, context: ProcessContext<number>): void {
        context.outputTagged(tag, n);
        fail();
      },
    }),
    { outputs: [tag] },
  );
  out.tag.map('After', (n) => n);
}, 'Here');

export const failsInATimestamp = failing((p, fail) => {
  numbers(p).withTimestamps('Here', () => fail());
}, 'Here');

export const failsBehindAGrouping = failing((p, fail) => {
  numbers(p)
    .keyBy('Key', () => 'k')
    .groupByKey()
    .map('Here', () => fail());
}, 'Here');

export const failsWhileItReadsAGroup = failing((p, fail) => {
  numbers(p)
    .keyBy('Key', () => 'k')
    .groupByKey()
    .flatMap('Here', function* ({ value }) {
      for (const n of value) yield n > 0 ? fail() : n;
    });
}, 'Here');

export const failsBehindAReshuffle = failing(
  (p, fail) => {
    numbers(p)
      .reshuffle()
      .map('Here', () => fail());
  },
  'Here',
  ['reshuffle'],
);

export const failsBesideASideInput = failing(
  (p, fail) => {
    const side = p.create('Side', [1, 2]).map('Before side', (n) => n);
    numbers(p)
      .map('Here', (_, { side: view }) => ([...view].length === 2 ? fail() : 0), {
        sideInputs: { side: asIterable(side) },
      })
      .map('After', (n) => n);
  },
  'Here',
  ['sideInputs'],
);

export const failsInWhatASideInputIsMadeOf = failing(
  (p, fail) => {
    const side = p.create('Side', [1, 2]).map('Here', () => fail());
    numbers(p).map('After', (_, { side: view }) => [...view].length, { sideInputs: { side: asIterable(side) } });
  },
  'Here',
  ['sideInputs'],
);

const cell = { state: { cell: valueState<number>() } };

export const failsWithState = failing(
  (p, fail) => {
    numbers(p)
      .keyBy('Key', () => 'k')
      .parDo<number, typeof cell>('Here', () => ({ process: () => fail() }), cell)
      .map('After', (n) => n);
  },
  'Here',
  ['state'],
);

export const failsWhenItsWindowExpires = failing(
  (p, fail) => {
    numbers(p)
      .keyBy('Key', () => 'k')
      .parDo<number, typeof cell>(
        'Here',
        () => ({ process: (_, { state }) => state.cell.write(1), onWindowExpiration: () => fail() }),
        cell,
      );
  },
  'Here',
  ['state', 'windowExpiration'],
);

const timed = { timers: { end: eventTimer() } };

export const failsWhenItsTimerFires = failing(
  (p, fail) => {
    numbers(p)
      .keyBy('Key', () => 'k')
      .parDo<number, typeof timed>(
        'Here',
        () => ({ process: (_, { timers }) => timers.end.set(5), onTimer: { end: () => fail() } }),
        timed,
      );
  },
  'Here',
  ['timers'],
);

export const failsInACombiningCell = failing(
  (p, fail) => {
    const folding = {
      state: {
        fold: combiningState({
          createAccumulator: () => 0,
          addInput: (): number => fail(),
          mergeAccumulators: (a: number) => a,
          extractOutput: (a: number) => a,
        }),
      },
    };
    numbers(p)
      .keyBy('Key', () => 'k')
      .parDo<number, typeof folding>(
        'Here',
        () => ({
          process: ({ value }, { state, output }) => {
            state.fold.add(value);
            output(state.fold.read());
          },
        }),
        folding,
      );
  },
  'Here',
  ['state'],
);

export const failsInAWindowFunction = failing(
  (p, fail) => {
    const here: WindowFn<number> = { assign: () => fail() };
    numbers(p).windowInto(
      'Here',
      customWindows(() => here),
    );
  },
  'Here',
  ['customWindows'],
);

/** The step that has the function, not the one that groups. */
export const failsWhenItsWindowsMerge = failing(
  (p, fail) => {
    const here: WindowFn<unknown> = {
      assign: (_, at) => new IntervalWindow(at, at + 10),
      merge: () => fail(),
    };
    p.create('Numbers', [1, 2], { timestamps: [1, 2] })
      .windowInto(
        'Here',
        customWindows(() => here),
      )
      .keyBy('Key', () => 'k')
      .groupByKey('After');
  },
  'Here',
  ['customMergingWindows'],
);

class Splittable implements SplittableFn<number, number, OffsetRange, number> {
  constructor(
    private readonly where: string,
    private readonly fail: () => never,
  ) {}
  initialRestriction(n: number): OffsetRange {
    if (this.where === 'initialRestriction') this.fail();
    return { from: 0, to: n };
  }
  split(_: number, range: OffsetRange): readonly OffsetRange[] {
    if (this.where === 'split') this.fail();
    return [range];
  }
  newTracker(range: OffsetRange): OffsetRangeTracker {
    if (this.where === 'newTracker') this.fail();
    return new OffsetRangeTracker(range);
  }
  *process(): SplittableWork {
    yield;
    this.fail();
  }
}

const failingSplittable = (where: string) =>
  failing(
    (p, fail) => {
      numbers(p)
        .read('Here', () => splittable(new Splittable(where, fail)))
        .map('After', (n) => n);
    },
    'Here',
    ['splittable'],
  );

export const failsInAnInitialRestriction = failingSplittable('initialRestriction');
export const failsInASplit = failingSplittable('split');
export const failsInAProcessThatWorks = failingSplittable('process');
