import {
  bagState,
  type DoFn,
  eventTimer,
  type FinishBundleContext,
  fixedWindows,
  type KV,
  outputTag,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  processingTimer,
  slidingWindows,
  type TimerContext,
  valueState,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { scripted } from '../script.js';

type Pair = KV<string, number>;

/** Pairs, at the instants 0, 1, 2 … unless each says when. */
function pairs(p: Pipeline, ...elements: readonly (readonly [key: string, value: number, at?: number])[]) {
  return p.create<Pair>(
    'Pairs',
    elements.map(([key, value]) => ({ key, value })),
    { timestamps: elements.map(([, , at], i) => at ?? i) },
  );
}

const requires = ['timers'] as const;
const withState = { requires: ['state', 'timers'] } as const;

const flush = { timers: { flush: eventTimer() } };
type Flush = typeof flush;

/** Sets one timer in event time for every element, and says what it sees when it fires. */
function timed(
  input: PCollection<Pair>,
  set: (element: Pair, context: ProcessContext<string, Flush>) => void,
  onFlush: (context: TimerContext<string, Flush>) => void = ({ key, timestamp, output }) =>
    output(`${key}@${timestamp}`),
): PCollection<string> {
  return input.parDo<string, Flush>('Timed', () => ({ process: set, onTimer: { flush: onFlush } }), flush);
}

/** Says where an element stands: `value@timestamp[start,end)`. */
class Where implements DoFn<unknown, string> {
  process(element: unknown, context: ProcessContext<string>): void {
    const { start, end } = context.window;
    context.output(`${String(element)}@${context.timestamp}[${start},${end})`);
  }
}

const where = (input: PCollection<unknown>): PCollection<string> => input.parDo('Where', () => new Where());

// In event time.

export const timerAtTheEndOfTheWindow = conformanceCase(
  (p) => {
    const input = pairs(p, ['a', 1, 3], ['b', 2, 5], ['a', 3, 12]).windowInto(fixedWindows(10));
    const seen = timed(input, (_, { timers, window }) => timers.flush.set(window.maxTimestamp));
    PAssert.that(where(seen)).containsInAnyOrder(['a@9@9[0,10)', 'b@9@9[0,10)', 'a@19@19[10,20)']);
  },
  { requires },
);

export const timerSeesWhatItWasSetTo = conformanceCase(
  (p) => {
    const seen = timed(
      pairs(p, ['a', 1, 3]),
      (_, { timers }) => timers.flush.set(50, { outputTimestamp: 20, tag: 'x' }),
      ({ key, tag, firingTime, timestamp, output }) => output(`${key} ${tag} ${firingTime} ${timestamp}`),
    );
    PAssert.that(where(seen)).containsInAnyOrder([expect('a x 50 20@20')]);
  },
  { requires },
);

/** In the global window, whose bounds are long numbers. */
function expect(start: string): string {
  return `${start}[-9223372036854776,9223371950454776)`;
}

export const timersFireInOrderOfTime = conformanceCase((p) => {
  const declared = { state: { fired: bagState<string>(), order: valueState<string>() }, timers: { at: eventTimer() } };
  const seen = pairs(p, ['a', 1, 0]).parDo<string, typeof declared>(
    'Order',
    () => ({
      process(_, { timers }) {
        for (const at of [30, 10, 40, 20]) timers.at.set(at, { tag: `t${at}` });
      },
      onTimer: {
        at: ({ tag, state, output }) => {
          const order = `${state.order.read() ?? ''}${tag} `;
          state.order.write(order);
          if (tag === 't40') output(order.trim());
        },
      },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['t10 t20 t30 t40']);
}, withState);

export const timersOfTwoFamiliesFireInOrderOfTime = conformanceCase((p) => {
  const declared = { state: { order: valueState<string>() }, timers: { one: eventTimer(), other: eventTimer() } };
  type Context = TimerContext<string, typeof declared>;
  const fired = ({ state, firingTime, output }: Context): void => {
    const order = `${state.order.read() ?? ''}${firingTime} `;
    state.order.write(order);
    if (firingTime === 40) output(order.trim());
  };
  const seen = pairs(p, ['a', 1, 0]).parDo<string, typeof declared>(
    'Order',
    () => ({
      process(_, { timers }) {
        timers.other.set(40, { tag: 'last' });
        timers.one.set(30, { tag: 'late' });
        timers.other.set(20);
        timers.one.set(10);
      },
      onTimer: { one: fired, other: fired },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['10 20 30 40']);
}, withState);

export const timerSetAgainFiresOnce = conformanceCase(
  (p) => {
    const seen = timed(
      pairs(p, ['a', 1, 0], ['b', 1, 0]),
      ({ key }, { timers }) => {
        timers.flush.set(10);
        timers.flush.set(key === 'a' ? 30 : 5);
      },
      ({ key, firingTime, output }) => output(`${key}${firingTime}`),
    );
    PAssert.that(seen).containsInAnyOrder(['a30', 'b5']);
  },
  { requires },
);

export const timerPutOffByEveryElement = conformanceCase((p) => {
  const declared = { state: { last: valueState<number>() }, timers: { quiet: eventTimer() } };
  const seen = pairs(p, ['a', 1, 1], ['a', 1, 4], ['a', 1, 2], ['b', 1, 7]).parDo<string, typeof declared>(
    'Quiet',
    () => ({
      process(_, { state, timers, timestamp }) {
        const last = Math.max(state.last.read() ?? 0, timestamp);
        state.last.write(last);
        timers.quiet.set(last + 10);
      },
      onTimer: { quiet: ({ key, firingTime, output }) => output(`${key} quiet at ${firingTime}`) },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['a quiet at 14', 'b quiet at 17']);
}, withState);

export const timerCleared = conformanceCase(
  (p) => {
    const seen = timed(pairs(p, ['a', 1, 0], ['b', 1, 0]), ({ key }, { timers }) => {
      timers.flush.set(10);
      if (key === 'a') timers.flush.clear();
    });
    PAssert.that(seen).containsInAnyOrder(['b@10']);
  },
  { requires },
);

export const timerClearedAndSetInOneCall = conformanceCase(
  (p) => {
    const seen = timed(pairs(p, ['a', 1, 0]), (_, { timers }) => {
      timers.flush.set(10);
      timers.flush.clear();
      timers.flush.set(20);
    });
    PAssert.that(seen).containsInAnyOrder(['a@20']);
  },
  { requires },
);

export const timerThatIsNotSetIsCleared = conformanceCase(
  (p) => {
    const seen = timed(pairs(p, ['a', 1, 0]), (_, { timers, output }) => {
      timers.flush.clear();
      timers.flush.clear('never');
      output('done');
    });
    PAssert.that(seen).containsInAnyOrder(['done']);
  },
  { requires },
);

export const timerClearedByAnother = conformanceCase(
  (p) => {
    const declared = { timers: { early: eventTimer(), late: eventTimer() } };
    const seen = pairs(p, ['a', 1, 0]).parDo<string, typeof declared>(
      'Clears',
      () => ({
        process(_, { timers }) {
          timers.early.set(10);
          timers.late.set(20, { tag: 'cleared' });
          timers.late.set(20, { tag: 'kept' });
        },
        onTimer: {
          early: ({ timers, output }) => {
            timers.late.clear('cleared');
            output('early');
          },
          late: ({ tag, output }) => output(tag),
        },
      }),
      declared,
    );
    PAssert.that(seen).containsInAnyOrder(['early', 'kept']);
  },
  { requires },
);

export const timerThatSetsItselfAgain = conformanceCase(
  (p) => {
    const input = pairs(p, ['a', 1, 2]).windowInto(fixedWindows(100));
    const seen = timed(
      input,
      (_, { timers }) => timers.flush.set(30),
      ({ timers, firingTime, window, output }) => {
        output(String(firingTime));
        if (firingTime + 30 < window.end) timers.flush.set(firingTime + 30);
      },
    );
    PAssert.that(seen).containsInAnyOrder(['30', '60', '90']);
  },
  { requires },
);

export const timerByTags = conformanceCase(
  (p) => {
    const seen = timed(
      pairs(p, ['a', 1, 0], ['a', 2, 1], ['b', 1, 2], ['a', 1, 3]),
      ({ value }, { timers }) => timers.flush.set(100 + value, { tag: `n${value}` }),
      ({ key, tag, output }) => output(key + tag),
    );
    PAssert.that(seen).containsInAnyOrder(['an1', 'an2', 'bn1']);
  },
  { requires },
);

export const timersOfKeysAndWindowsAreApart = conformanceCase(
  (p) => {
    const input = pairs(p, ['a', 1, 7], ['b', 2, 12]).windowInto(slidingWindows(10, 5));
    const seen = timed(input, (_, { timers, window }) => timers.flush.set(window.maxTimestamp));
    PAssert.that(where(seen)).containsInAnyOrder(['a@9@9[0,10)', 'a@14@14[5,15)', 'b@14@14[5,15)', 'b@19@19[10,20)']);
  },
  { requires },
);

export const timerInThePastFiresAtOnce = conformanceCase(
  (p) => {
    const input = scripted(p, [{ key: 'a', value: 1, at: 100 }, { watermark: 50 }, { key: 'b', value: 2, at: 60 }]);
    const seen = timed(
      input,
      (_, { timers }) => timers.flush.set(10, {}),
      ({ key, firingTime, output }) => output(`${key}${firingTime}`),
    );
    PAssert.that(seen).containsInAnyOrder(['a10', 'b10']);
  },
  { requires },
);

export const timerSetByATimerThatIsDueFiresToo = conformanceCase((p) => {
  const declared = { state: { left: valueState<number>() }, timers: { next: eventTimer() } };
  const seen = pairs(p, ['a', 3, 0]).parDo<string, typeof declared>(
    'Chain',
    () => ({
      process({ value }, { state, timers }) {
        state.left.write(value);
        timers.next.set(10);
      },
      onTimer: {
        next: ({ state, timers, firingTime, output }) => {
          const left = state.left.read()!;
          output(`${left}@${firingTime}`);
          state.left.write(left - 1);
          if (left > 0) timers.next.set(firingTime + 1);
        },
      },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['3@10', '2@11', '1@12', '0@13']);
}, withState);

export const timerEmitsAtItsOutputTimestamp = conformanceCase(
  (p) => {
    const seen = timed(
      pairs(p, ['a', 1, 3]).windowInto(fixedWindows(100)),
      (_, { timers }) => timers.flush.set(50, { outputTimestamp: 7 }),
      ({ key, output }) => output(String(key)),
    );
    PAssert.that(where(seen)).containsInAnyOrder(['a@7[0,100)']);
  },
  { requires },
);

export const timerMovesWhatItEmitsOn = conformanceCase(
  (p) => {
    const seen = timed(
      pairs(p, ['a', 1, 3]).windowInto(fixedWindows(100)),
      (_, { timers }) => timers.flush.set(50, { outputTimestamp: 7 }),
      (context) => context.outputWithTimestamp(context.key as string, 8),
    );
    PAssert.that(where(seen)).containsInAnyOrder(['a@8[0,100)']);
  },
  { requires },
);

export const timerHoldsTheWatermarkAtItsOutputTimestamp = conformanceCase(
  (p) => {
    const input = scripted(p, [
      { key: 'a', value: 1, at: 2 },
      { watermark: 100 },
      { key: 'b', value: 1, at: 103 },
      { watermark: 200 },
      { key: 'b', value: 1, at: 203 },
    ]);
    const seen = timed(
      input,
      ({ key }, { timers, timestamp }) => {
        if (key === 'a') timers.flush.set(150, { outputTimestamp: timestamp });
      },
      ({ key, output }) => output(String(key)),
    );
    // Nothing of this window is dropped, though the input was at 100 long before.
    const counts = seen
      .windowInto(fixedWindows(10))
      .countPerElement('Count')
      .map(({ key, value }) => `${key}${value}`);
    PAssert.that(where(counts)).containsInAnyOrder(['a1@9[0,10)']);
  },
  { requires },
);

export const timersWithSeveralOutputs = conformanceCase(
  (p) => {
    const alert = outputTag('alert').of<string>();
    const { main, alert: alerts } = pairs(p, ['a', 1, 0], ['b', 9, 0]).parDo(
      'Alerts',
      (): DoFn<Pair, string, Flush> => ({
        process({ value }, { timers }) {
          timers.flush.set(value);
        },
        onTimer: {
          flush(context: TimerContext<string, Flush>) {
            if (context.firingTime > 5) context.outputTagged(alert, String(context.key));
            else context.output(String(context.key));
          },
        },
      }),
      { ...flush, outputs: [alert] },
    );
    PAssert.that('quiet', main).containsInAnyOrder(['a']);
    PAssert.that('loud', alerts).containsInAnyOrder(['b']);
  },
  { requires },
);

export const groupByKeyBehindTimers = conformanceCase((p) => {
  const declared = { state: { bag: bagState<number>() }, timers: { end: eventTimer() } };
  const totals = pairs(p, ['a', 1, 1], ['a', 2, 2], ['b', 4, 3], ['a', 8, 11])
    .windowInto(fixedWindows(10))
    .parDo<Pair, typeof declared>(
      'Collect',
      () => ({
        process({ value }, { state, timers, window }) {
          state.bag.add(value);
          timers.end.set(window.maxTimestamp);
        },
        onTimer: {
          end: ({ key, state, output }) => {
            for (const value of state.bag.read()) output({ key: String(key), value });
          },
        },
      }),
      declared,
    )
    .groupByKey()
    .map('Total', ({ key, value }) => `${key}${[...value].reduce((a, b) => a + b, 0)}`);
  PAssert.that(where(totals)).containsInAnyOrder(['a3@9[0,10)', 'b4@9[0,10)', 'a8@19[10,20)']);
}, withState);

export const clearedStateStaysClearInTimers = conformanceCase((p) => {
  const declared = { state: { bag: bagState<number>() }, timers: { early: eventTimer(), late: eventTimer() } };
  const seen = pairs(p, ['a', 1, 0], ['a', 2, 1]).parDo<string, typeof declared>(
    'Clears',
    () => ({
      process({ value }, { state, timers }) {
        state.bag.add(value);
        timers.early.set(10);
        timers.late.set(20);
      },
      onTimer: {
        early: ({ state, output }) => {
          output(`early ${[...state.bag.read()].length}`);
          state.bag.clear();
        },
        late: ({ state, output }) => output(`late ${[...state.bag.read()].length}`),
      },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['early 2', 'late 0']);
}, withState);

// By the clock.

const retry = { timers: { retry: processingTimer() } };
type Retry = typeof retry;

function byClock(
  input: PCollection<Pair>,
  set: (element: Pair, context: ProcessContext<string, Retry>) => void,
  onRetry: (context: TimerContext<string, Retry>) => void = ({ key, timestamp, output }) =>
    output(`${key}@${timestamp}`),
): PCollection<string> {
  return input.parDo<string, Retry>('ByClock', () => ({ process: set, onTimer: { retry: onRetry } }), retry);
}

export const timerByTheClockFires = conformanceCase(
  (p) => {
    const seen = byClock(pairs(p, ['a', 1, 3], ['b', 2, 4]), (_, { timers }) => timers.retry.setAfter(20));
    PAssert.that(seen).containsInAnyOrder(['a@3', 'b@4']);
  },
  { requires },
);

export const timerByTheClockIsCleared = conformanceCase(
  (p) => {
    const seen = byClock(pairs(p, ['a', 1, 3], ['b', 2, 4]), ({ key }, { timers }) => {
      timers.retry.setAfter(20);
      if (key === 'a') timers.retry.clear();
    });
    PAssert.that(seen).containsInAnyOrder(['b@4']);
  },
  { requires },
);

export const timersByTheClockByTags = conformanceCase(
  (p) => {
    const seen = byClock(
      pairs(p, ['a', 1, 0]),
      (_, { timers }) => {
        timers.retry.setAfter(30, { tag: 'x', outputTimestamp: 5 });
        timers.retry.setAfter(10, { tag: 'y', alignTo: 10 });
        timers.retry.setAfter(20, { tag: 'z' });
        timers.retry.clear('z');
      },
      ({ tag, timestamp, output }) => output(`${tag}@${timestamp}`),
    );
    PAssert.that(seen).containsInAnyOrder(['x@5', 'y@0']);
  },
  { requires },
);

export const timersOfBothKinds = conformanceCase((p) => {
  const declared = {
    state: { sum: valueState<number>() },
    timers: { flush: eventTimer(), retry: processingTimer() },
  };
  const seen = pairs(p, ['a', 1, 3], ['a', 2, 4]).parDo<string, typeof declared>(
    'Both',
    () => ({
      process({ value }, { state, timers }) {
        state.sum.write((state.sum.read() ?? 0) + value);
        timers.flush.set(50);
        timers.retry.setAfter(20, { outputTimestamp: 10 });
      },
      onTimer: {
        flush: ({ output }) => output('flush'),
        retry: ({ output }) => output('retry'),
      },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['flush', 'retry']);
}, withState);

// When windows expire.

const expiring = { state: { sum: valueState<number>() }, timers: { end: eventTimer() } };
type Expiring = typeof expiring;

export const windowExpirationSeesTheState = conformanceCase(
  (p) => {
    const declared = { state: { sum: valueState<number>() } };
    const sums = pairs(p, ['a', 1, 1], ['a', 2, 2], ['b', 4, 3], ['a', 8, 11])
      .windowInto(fixedWindows(10))
      .parDo<string, typeof declared>(
        'Sums',
        () => ({
          process({ value }, { state }) {
            state.sum.write((state.sum.read() ?? 0) + value);
          },
          onWindowExpiration: ({ key, state, output }) => output(`${key}=${state.sum.read()}`),
        }),
        declared,
      );
    PAssert.that(where(sums)).containsInAnyOrder(['a=3@9[0,10)', 'b=4@9[0,10)', 'a=8@19[10,20)']);
  },
  { requires: ['state', 'windowExpiration'] },
);

export const windowExpirationComesAfterTimers = conformanceCase(
  (p) => {
    const seen = pairs(p, ['a', 1, 1], ['a', 2, 2])
      .windowInto(fixedWindows(10))
      .parDo<string, Expiring>(
        'Order',
        () => ({
          process({ value }, { state, timers, window }) {
            state.sum.write((state.sum.read() ?? 0) + value);
            timers.end.set(window.maxTimestamp);
          },
          onTimer: {
            end: ({ state, output }) => {
              output(`timer ${state.sum.read()}`);
              state.sum.write(100);
            },
          },
          onWindowExpiration: ({ state, output }) => output(`expired ${state.sum.read()}`),
        }),
        expiring,
      );
    PAssert.that(seen).containsInAnyOrder(['timer 3', 'expired 100']);
  },
  { requires: ['state', 'timers', 'windowExpiration'] },
);

export const windowExpirationOfTheGlobalWindow = conformanceCase(
  (p) => {
    const declared = { state: { sum: valueState<number>() } };
    const sums = pairs(p, ['a', 1], ['a', 2], ['b', 4]).parDo<string, typeof declared>(
      'Sums',
      () => ({
        process({ value }, { state }) {
          state.sum.write((state.sum.read() ?? 0) + value);
        },
        onWindowExpiration: ({ key, state, output }) => output(`${key}=${state.sum.read()}`),
      }),
      declared,
    );
    PAssert.that(sums).containsInAnyOrder(['a=3', 'b=4']);
  },
  { requires: ['state', 'windowExpiration'] },
);

export const windowExpirationHoldsTheWatermark = conformanceCase(
  (p) => {
    const declared = { state: { sum: valueState<number>() } };
    const input = scripted(p, [
      { key: 'a', value: 1, at: 2 },
      { watermark: 15 },
      { key: 'a', value: 2, at: 3 },
      { watermark: 18 },
      { key: 'b', value: 1, at: 22 },
    ]);
    const sums = input.windowInto(fixedWindows(10), { allowedLateness: 10 }).parDo<string, typeof declared>(
      'Sums',
      () => ({
        process({ value }, { state }) {
          state.sum.write((state.sum.read() ?? 0) + value);
        },
        onWindowExpiration: ({ key, state, output }) => output(`${key}=${state.sum.read()}`),
      }),
      declared,
    );
    // The windowing without any lateness drops nothing: the watermark behind the step waited.
    const counted = sums
      .windowInto('Strict', fixedWindows(10))
      .countPerElement('Count')
      .map(({ key }) => key);
    PAssert.that(where(counted)).containsInAnyOrder(['a=3@9[0,10)', 'b=1@29[20,30)']);
  },
  { requires: ['state', 'windowExpiration'] },
);

// Input in order of time.

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

// Bundles.

/** Keeps what its timers emit until the bundle ends. */
class EmitsAtTheEnd implements DoFn<Pair, string, Flush> {
  private held: { readonly text: string; readonly at: number }[] = [];
  private open = false;

  startBundle(): void {
    this.open = true;
  }

  process({ value }: Pair, { timers, timestamp }: ProcessContext<string, Flush>): void {
    timers.flush.set(value, { outputTimestamp: timestamp });
  }

  readonly onTimer = {
    flush: ({ key, timestamp }: TimerContext<string, Flush>): void => {
      if (!this.open) throw new Error('a timer has fired outside of a bundle');
      this.held.push({ text: String(key), at: timestamp });
    },
  };

  finishBundle(context: FinishBundleContext<string>): void {
    for (const { text, at } of this.held) context.output(text, at, fixed(at));
    this.held = [];
    this.open = false;
  }
}

function fixed(at: number) {
  const start = Math.floor(at / 10) * 10;
  return { start, end: start + 10, maxTimestamp: start + 9 };
}

export const finishBundleComesBeforeTheWatermark = conformanceCase(
  (p) => {
    const input = scripted(p, [
      { key: 'a', value: 5, at: 2 },
      { watermark: 8 },
      { key: 'b', value: 19, at: 13 },
      { watermark: 30 },
    ]).windowInto(fixedWindows(10));
    const seen = input.parDo<string, Flush>('Bundles', () => new EmitsAtTheEnd(), flush);
    const counts = seen.countPerElement('Count').map(({ key, value }) => `${key}${value}`);
    PAssert.that(where(counts)).containsInAnyOrder(['a1@9[0,10)', 'b1@19[10,20)']);
  },
  { requires },
);

// Errors.

export const aTimerBehindItsWindowIsRefused = conformanceCase(
  (p) => {
    timed(pairs(p, ['a', 1, 3]).windowInto(fixedWindows(10)), (_, { timers }) => timers.flush.set(10));
  },
  { requires, fails: 'TIMER_BEHIND_WINDOW', saying: ['Timed', "'flush'", '[0, 10)'] },
);

export const aTimerThatEmitsBeforeItsElementIsRefused = conformanceCase(
  (p) => {
    timed(pairs(p, ['a', 1, 3]), (_, { timers }) => timers.flush.set(10, { outputTimestamp: 2 }));
  },
  { requires, fails: 'TIMER_OUTPUT_TIMESTAMP', saying: ['Timed', 'before the timestamp 3'] },
);

export const aTimerThatEmitsAfterItHasFiredIsRefused = conformanceCase(
  (p) => {
    timed(pairs(p, ['a', 1, 3]), (_, { timers }) => timers.flush.set(10, { outputTimestamp: 11 }));
  },
  { requires, fails: 'TIMER_OUTPUT_TIMESTAMP', saying: ['Timed', 'after 10'] },
);

export const aTimerAtNoInstantIsRefused = conformanceCase(
  (p) => {
    timed(pairs(p, ['a', 1, 3]), (_, { timers }) => timers.flush.set(Number.NaN));
  },
  { requires, fails: 'TIMER_INVALID', saying: ['Timed', 'NaN'] },
);

export const anErrorInATimerNamesKeyAndTimer = conformanceCase(
  (p) => {
    timed(
      pairs(p, ['k1', 1, 3]),
      (_, { timers }) => timers.flush.set(10),
      () => {
        throw new Error('not now');
      },
    );
  },
  { requires, fails: 'FUNCTION_THREW', saying: ['not now', 'Timed', "'k1'", "'flush'"] },
);

export const aPromiseInATimerIsRefused = conformanceCase(
  (p) => {
    const later = async (): Promise<void> => {};
    timed(
      pairs(p, ['a', 1, 3]),
      (_, { timers }) => timers.flush.set(10),
      () => later() as unknown as undefined,
    );
  },
  { requires, fails: 'FUNCTION_RETURNED_PROMISE', saying: ['Timed', 'mapAsync'] },
);
