import { type DoFn, fixedWindows, type KV, type Pipeline, type ProcessContext } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** What the message of an error shows of the failure, of the element and of the pipeline. */

const numbers = (p: Pipeline) => p.create('Numbers', [1]).map('Before', (n) => n);

export const failsWithAText = conformanceCase(
  (p) => {
    numbers(p).map('Here', () => {
      throw 'only a text';
    });
  },
  { fails: 'FUNCTION_THREW', saying: ['Here', 'only a text'], notSaying: ['Before'] },
);

export const failsWithNothing = conformanceCase(
  (p) => {
    numbers(p).map('Here', () => {
      throw undefined;
    });
  },
  { fails: 'FUNCTION_THREW', saying: ['Here'], notSaying: ['Before'] },
);

export const failsWithACause = conformanceCase(
  (p) => {
    numbers(p).map('Here', () => {
      throw new Error('the outer reason', { cause: new Error('the inner reason') });
    });
  },
  { fails: 'FUNCTION_THREW', saying: ['Here', 'the outer reason'], tracing: ['the outer reason'] },
);

class FailsInABundle implements DoFn<KV<string, number>, number> {
  process(_: KV<string, number>, context: ProcessContext<number>): void {
    context.output(1);
  }
  finishBundle(): void {
    throw new RangeError('out of luck');
  }
}

/** What it emitted before does not hide which step it was. */
export const failsAtTheEndOfABundle = conformanceCase(
  (p) => {
    numbers(p)
      .keyBy('Key', () => 'k')
      .parDo('Here', () => new FailsInABundle())
      .map('After', (n) => n);
  },
  {
    fails: 'FUNCTION_THREW',
    saying: ['Here', 'RangeError: out of luck', 'error-messages.ts:'],
    notSaying: ['Before', 'After'],
  },
);

export const failsForOneOfManyElements = conformanceCase(
  (p) => {
    p.create(
      'Numbers',
      Array.from({ length: 500 }, (_, i) => i),
    ).map('Here', (n) => {
      if (n === 321) throw new Error('this one');
      return n;
    });
  },
  { fails: 'FUNCTION_THREW', saying: ['Here', 'this one', 'element: 321'] },
);

/** The element is named, but not written out. */
export const failsForALargeElement = conformanceCase(
  (p) => {
    p.create('Texts', [`begins${'x'.repeat(20_000)}ends`]).map('Here', () => {
      throw new Error('too much');
    });
  },
  { fails: 'FUNCTION_THREW', saying: ['Here', 'too much', 'begins'], notSaying: ['ends'] },
);

/** Of a pipeline with several branches only the one is named. */
export const failsInOneOfTwoBranches = conformanceCase(
  (p) => {
    const input = numbers(p).windowInto('Windows', fixedWindows(10));
    PAssert.that(input.map('Beside', (n) => n)).satisfies(() => {});
    input.apply('Outer', (inner) =>
      inner.map('Here', () => {
        throw new Error('out of luck');
      }),
    );
  },
  { fails: 'FUNCTION_THREW', saying: ['Outer/Here', 'out of luck'], notSaying: ['Beside'] },
);
