import { type DoFn, eventTimer, type KV, MillraceError, type ProcessContext } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

export const functionThrows = conformanceCase(
  (p) => {
    p.create('Numbers', [1, 2, 3]).map('Divide', (n) => {
      if (n === 2) throw new RangeError('cannot divide two');
      return n;
    });
  },
  { fails: 'FUNCTION_THREW', saying: ['Divide', 'cannot divide two', 'errors.ts:', 'element: 2'] },
);

export const ownErrorsKeepTheirCode = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).map('Check', () => {
      throw new MillraceError('MY_CHECK', 'function', 'the check failed', { hint: 'give it something else' });
    });
  },
  { fails: 'MY_CHECK', saying: ['Check', 'the check failed', 'give it something else'] },
);

export const promiseOfASynchronousStep = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).map('Wait', async (n) => n);
  },
  { fails: 'FUNCTION_RETURNED_PROMISE', saying: ['Wait', 'mapAsync'] },
);

export const flatMapOfAString = conformanceCase(
  (p) => {
    p.create('Words', ['abc']).flatMap('Letters', (word) => word as unknown as string[]);
  },
  { fails: 'FUNCTION_NOT_ITERABLE', saying: ['Letters'] },
);

export const badTimestamp = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).withTimestamps('Stamp', () => Number.NaN);
  },
  { fails: 'TIMESTAMP_INVALID', saying: ['Stamp', 'NaN'] },
);

export const timestampSkew = conformanceCase(
  (p) => {
    p.create('Numbers', [1], { timestamps: [1_000] }).withTimestamps('Back', () => 10);
  },
  { fails: 'TIMESTAMP_SKEW', saying: ['Back', '1000'] },
);

class FailsLate implements DoFn<number, number> {
  process(element: number, context: ProcessContext<number>): void {
    context.output(element);
  }
  finishBundle(): void {
    throw new Error('the bundle cannot be finished');
  }
}

export const finishBundleThrows = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).parDo('Late', () => new FailsLate());
  },
  { fails: 'FUNCTION_THREW', saying: ['Late', 'the bundle cannot be finished'] },
);

export const setupRejects = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).parDo('Connect', () => ({
      setup: async () => {
        throw new Error('nobody there');
      },
      process(element: number, context: ProcessContext<number>): void {
        context.output(element);
      },
    }));
  },
  { fails: 'FUNCTION_THREW', saying: ['Connect', 'nobody there'] },
);

export const failedAssertion = conformanceCase(
  (p) => {
    PAssert.that(p.create('Numbers', [1, 2])).containsInAnyOrder([1, 3]);
  },
  { fails: 'PASSERT_FAILED', saying: ['3'] },
);

export const failedEmptyAssertion = conformanceCase(
  (p) => {
    PAssert.that(p.create('Numbers', [1])).empty();
  },
  { fails: 'PASSERT_FAILED' },
);

export const unencodableKey = conformanceCase(
  (p) => {
    p.create('Numbers', [1])
      .keyBy('Key', () => new Map([[1, 2]]))
      .countPerKey('Count');
  },
  { fails: 'CODER_UNENCODABLE' },
);

export const rejectedAsync = conformanceCase(
  (p) => {
    p.create('Numbers', [1, 2]).mapAsync(
      'Call',
      async (n) => {
        if (n === 2) throw new Error('refused');
        return n;
      },
      { concurrency: 2 },
    );
  },
  { requires: ['async'], fails: 'FUNCTION_THREW', saying: ['Call', 'refused'] },
);

export const rejectedAsyncAgainAndAgain = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).mapAsync(
      'Call',
      async () => {
        throw new Error('refused');
      },
      { retry: { attempts: 2, initialDelayMs: 1 } },
    );
  },
  { requires: ['async'], fails: 'FUNCTION_THREW', saying: ['Call', 'attempt 2 of 2', 'refused'] },
);

export const rejectedAsyncNotWorthAnother = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).mapAsync(
      'Call',
      async () => {
        throw new TypeError('refused');
      },
      { retry: { attempts: 9, retryIf: (error) => error instanceof RangeError } },
    );
  },
  { requires: ['async'], fails: 'FUNCTION_THREW', saying: ['Call', 'attempt 1 of 9', 'refused'] },
);

export const asyncTimeout = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).mapAsync('Call', () => new Promise<number>(() => {}), { timeoutMs: 20 });
  },
  { requires: ['async'], fails: 'ASYNC_TIMEOUT', saying: ['Call', 'longer than 20 ms'] },
);

export const startBundleThrows = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).parDo('Begin', () => ({
      startBundle(): void {
        throw new Error('no bundle can begin');
      },
      process(): void {},
    }));
  },
  { fails: 'FUNCTION_THREW', saying: ['Begin', 'no bundle can begin'] },
);

export const combineFnThrows = conformanceCase(
  (p) => {
    p.create('Numbers', [1, 2])
      .keyBy(() => 'k')
      .combinePerKey('Fold', {
        createAccumulator: () => 0,
        addInput(): number {
          throw new Error('cannot be added');
        },
        mergeAccumulators: (a: number) => a,
        extractOutput: (a: number) => a,
      });
  },
  { fails: 'FUNCTION_THREW', saying: ['Fold', 'cannot be added'] },
);

export const errorNamesTheStepInItsComposite = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).apply('Outer', (input) =>
      input.map('Inner', (): number => {
        throw new Error('inside');
      }),
    );
  },
  { fails: 'FUNCTION_THREW', saying: ['Outer/Inner', 'inside'] },
);

function calledByTheAuthorsFunction(n: number): number {
  throw new RangeError(`${n} is out of range`);
}

export const errorIsTracedToTheAuthorsCode = conformanceCase(
  (p) => {
    p.create('Numbers', [7]).map('Call', function theAuthorsFunction(n) {
      return calledByTheAuthorsFunction(n) + 1;
    });
  },
  {
    fails: 'FUNCTION_THREW',
    saying: ['Call', 'RangeError: 7 is out of range'],
    tracing: ['calledByTheAuthorsFunction', 'theAuthorsFunction'],
  },
);

const late = { timers: { late: eventTimer() } };

class ThrowsInItsTimer implements DoFn<KV<string, number>, number, typeof late> {
  process(_: KV<string, number>, { timers, window }: ProcessContext<number, typeof late>): void {
    timers.late.set(window.maxTimestamp);
  }
  readonly onTimer = {
    late: (): void => {
      throw new Error('the timer is broken');
    },
  };
}

export const errorInATimerNamesItsStep = conformanceCase(
  (p) => {
    p.create('Numbers', [7])
      .keyBy(() => 'k')
      .parDo('Wait', () => new ThrowsInItsTimer(), late);
  },
  { requires: ['timers'], fails: 'FUNCTION_THREW', saying: ['Wait', 'the timer is broken'] },
);
