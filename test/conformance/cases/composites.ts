import { create } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

export const composites = conformanceCase((p) => {
  const shout = {
    name: 'Shout',
    expand: (words: ReturnType<typeof source>) =>
      words.map('Upper', (w) => w.toUpperCase()).map('Mark', (w) => `${w}!`),
  };
  const source = () => p.apply('Words', create(['a', 'b']));
  PAssert.that(source().apply(shout)).containsInAnyOrder(['A!', 'B!']);
});

export const emptyComposite = conformanceCase((p) => {
  const same = { name: 'Same', expand: (words: ReturnType<typeof source>) => words };
  const source = () => p.create('Words', ['a']);
  PAssert.that(source().apply(same)).containsInAnyOrder(['a']);
});

export const longChain = conformanceCase((p) => {
  let numbers = p.create('Numbers', [1, 2, 3]);
  for (let i = 0; i < 100; i++) numbers = numbers.map((n) => n + 1);
  PAssert.that(numbers).containsInAnyOrder([101, 102, 103]);
});

export const fanOut = conformanceCase((p) => {
  const numbers = p.create('Numbers', [1, 2]);
  PAssert.that(numbers.map('Plus', (n) => n + 1)).containsInAnyOrder([2, 3]);
  PAssert.that(numbers.map('Times', (n) => n * 10)).containsInAnyOrder([10, 20]);
  PAssert.that(numbers).containsInAnyOrder([1, 2]);
});

/** Steps that read earlier ones here and there, so that no fused chain holds all of them. */
export const sparseDependencies = conformanceCase((p) => {
  const numbers = p.create('Numbers', [1, 2]);
  const steps = [numbers];
  for (let i = 0; i < 12; i++) {
    const from = steps[Math.floor(steps.length / 2)]!;
    steps.push(from.map(`Step ${i}`, (n) => n + 1));
  }
  PAssert.that('Last', steps.at(-1)!).containsInAnyOrder([5, 6]);
  PAssert.that('Together', steps[1]!.flatten('Flatten', steps[2]!, numbers)).containsInAnyOrder([2, 3, 3, 4, 1, 2]);
});

export const compositeWithoutSteps = conformanceCase((p) => {
  const numbers = p.create('Numbers', [1, 2]);
  PAssert.that(numbers.apply('Nothing', (input) => input).map((n) => n + 1)).containsInAnyOrder([2, 3]);
});
