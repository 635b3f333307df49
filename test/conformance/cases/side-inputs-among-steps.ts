import {
  asIterable,
  asList,
  asMap,
  asSingleton,
  type DoFn,
  type FinishBundleContext,
  GlobalWindow,
  outputTag,
  type ProcessContext,
  type SideInput,
  type SideMap,
  sum,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { letters, main, prices, several, sideInputCase, sorted } from '../shapes/side-inputs.js';

export const flattenedSideInput = sideInputCase((p) => {
  const side = p.create('One', ['a']).flatten(p.create('Two', ['b']), p.create('Three', ['c']));
  const seen = main(p).map('See', (n, { all }) => `${n}${sorted(all)}`, { sideInputs: { all: asIterable(side) } });
  PAssert.that(seen).containsInAnyOrder(['1abc', '2abc']);
});

export const flattenedMainInput = sideInputCase((p) => {
  const both = main(p).flatten(p.create('More', [3]));
  const seen = both.map('See', (n, { all }) => `${n}${sorted(all)}`, { sideInputs: { all: asIterable(letters(p)) } });
  PAssert.that(seen).containsInAnyOrder(['1abc', '2abc', '3abc']);
});

export const groupedSideInput = sideInputCase((p) => {
  const seen = p.create('Main', ['a', 'b']).map('See', (key, { groups }) => `${key}${sorted(groups.get(key) ?? [])}`, {
    sideInputs: { groups: asMap(several(p).groupByKey()) },
  });
  PAssert.that(seen).containsInAnyOrder(['a13', 'b2']);
});

export const combinedSideInput = sideInputCase((p) => {
  const seen = p.create('Main', ['a', 'b']).map('See', (key, { totals }) => `${key}${totals.get(key)}`, {
    sideInputs: { totals: asMap(several(p).combinePerKey('Sum', sum())) },
  });
  PAssert.that(seen).containsInAnyOrder(['a4', 'b2']);
});

export const groupedMainInput = sideInputCase((p) => {
  const seen = several(p)
    .groupByKey()
    .map('See', ({ key, value }, { side }) => `${key}${sorted(value)}${sorted(side)}`, {
      sideInputs: { side: asIterable(letters(p)) },
    });
  PAssert.that(seen).containsInAnyOrder(['a13abc', 'b2abc']);
});

export const groupingOfWhatASideInputMade = sideInputCase((p) => {
  const counted = p
    .create('Main', ['x', 'y', 'x'])
    .filter('Known', (word, { known }) => [...known].includes(word), {
      sideInputs: { known: asList(p.create('KnownWords', ['x'])) },
    })
    .countPerElement();
  PAssert.that(counted).containsInAnyOrder([{ key: 'x', value: 2 }]);
});

export const filterWithASideInput = sideInputCase((p) => {
  const kept = p.create('Main', [1, 5, 9]).filter('AtLeast', (n, { least }) => n >= least, {
    sideInputs: { least: asSingleton(p.create('Least', [5])) },
  });
  PAssert.that(kept).containsInAnyOrder([5, 9]);
});

export const flatMapWithASideInput = sideInputCase((p) => {
  const all = main(p).flatMap('Cross', (n, { side }) => [...side].map((letter) => `${letter}${n}`), {
    sideInputs: { side: asIterable(letters(p)) },
  });
  PAssert.that(all).containsInAnyOrder(['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
});

const ODD = outputTag('odd').of<string>();

type WithRates = { readonly sideInputs: { readonly rates: SideInput<SideMap<string, number>> } };

class Split implements DoFn<number, string, WithRates> {
  process(n: number, context: ProcessContext<string, WithRates>): void {
    const text = `${n}${context.sideInputs.rates.get('a')}`;
    if (n % 2 === 0) context.output(text);
    else context.outputTagged(ODD, text);
  }
}

export const sideInputWithTaggedOutputs = sideInputCase((p) => {
  const { main: even, odd } = main(p).parDo('Split', () => new Split(), {
    outputs: [ODD],
    sideInputs: { rates: asMap(prices(p)) },
  });
  PAssert.that(even).containsInAnyOrder(['21']);
  PAssert.that(odd).containsInAnyOrder(['11']);
});

class Tag implements DoFn<number, number> {
  process(n: number, context: ProcessContext<number>): void {
    if (n % 2 === 0) context.output(n);
    else context.outputTagged(ODD, `odd${n}`);
  }
}

export const taggedOutputAsASideInput = sideInputCase((p) => {
  const { main: even, odd } = p.create('Numbers', [1, 2, 3, 4]).parDo('Tag', () => new Tag(), { outputs: [ODD] });
  const seen = even.map('See', (n, { side }) => `${n}${sorted(side)}`, { sideInputs: { side: asIterable(odd) } });
  PAssert.that(seen).containsInAnyOrder(['2odd1odd3', '4odd1odd3']);
});

type WithLetters = { readonly sideInputs: { readonly side: SideInput<Iterable<string>> } };

/** Emits at the end of each bundle what the elements in it have seen. */
class Bundled implements DoFn<number, string, WithLetters> {
  private seen: string[] = [];
  startBundle(): void {
    this.seen = [];
  }
  process(n: number, context: ProcessContext<string, WithLetters>): void {
    this.seen.push(`${n}${sorted(context.sideInputs.side)}`);
  }
  finishBundle(context: FinishBundleContext<string>): void {
    for (const text of this.seen) context.output(text, 0, GlobalWindow.INSTANCE);
  }
}

export const sideInputWithBundles = sideInputCase((p) => {
  const seen = p.create('Main', [1, 2, 3]).parDo('Bundled', () => new Bundled(), {
    sideInputs: { side: asIterable(letters(p)) },
  });
  PAssert.that(seen).containsInAnyOrder(['1abc', '2abc', '3abc']);
});

export const sideInputFromOutsideOfAComposite = sideInputCase((p) => {
  const side = asList(letters(p));
  const seen = main(p).apply('Composite', (input) =>
    input.map('Before', (n) => n + 1).map('See', (n, { side: view }) => n * view.length, { sideInputs: { side } }),
  );
  PAssert.that(seen).containsInAnyOrder([6, 9]);
});

export const sideInputAfterAReshuffle = sideInputCase(
  (p) => {
    const seen = p
      .create('Main', [1, 2, 3, 4])
      .reshuffle('Spread')
      .map('See', (n, { side }) => `${n}${sorted(side)}`, {
        sideInputs: { side: asIterable(letters(p).reshuffle('SpreadLetters')) },
      });
    PAssert.that(seen).containsInAnyOrder(['1abc', '2abc', '3abc', '4abc']);
  },
  { requires: ['reshuffle'] },
);
