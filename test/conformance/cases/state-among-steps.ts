import { type DoFn, fixedWindows, outputTag, valueState } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type Pair, pairs } from '../shapes/pairs.js';
import { sumByHand } from '../shapes/sum-by-hand.js';

const requires = ['state'] as const;

const withTimers = { requires: ['state', 'timers'] } as const;

export const stateBehindAGroupByKey = conformanceCase((p) => {
  const groups = pairs(p, ['a', 1, 1], ['a', 2, 2], ['b', 3, 3], ['a', 4, 11])
    .windowInto(fixedWindows(10))
    .groupByKey()
    .map('Sizes', ({ key, value }) => ({ key, value: [...value].length }));
  PAssert.that(sumByHand(groups)).containsInAnyOrder(['a=2[0,10)', 'b=1[0,10)', 'a=1[10,20)']);
}, withTimers);

export const stateBehindState = conformanceCase((p) => {
  const first = sumByHand(pairs(p, ['a', 1], ['a', 2], ['b', 5]), 'First');
  const again = first.map('Length', (text) => ({ key: text[0]!, value: text.length }));
  PAssert.that(sumByHand(again, 'Second')).containsInAnyOrder(['a=3', 'b=3']);
}, withTimers);

export const stateOfFlattenedInputs = conformanceCase((p) => {
  const one = p.create<Pair>('One', [{ key: 'a', value: 1 }]);
  const other = p.create<Pair>('Other', [
    { key: 'a', value: 2 },
    { key: 'b', value: 3 },
  ]);
  PAssert.that(sumByHand(one.flatten(other))).containsInAnyOrder(['a=3', 'b=3']);
}, withTimers);

export const stateWithSeveralOutputs = conformanceCase(
  (p) => {
    const again = outputTag('again').of<string>();
    const declared = { state: { seen: valueState<boolean>() } };
    const { main, again: repeated } = pairs(p, ['a', 1], ['b', 1], ['a', 1]).parDo(
      'Split',
      (): DoFn<Pair, string, typeof declared> => ({
        process({ key }, context) {
          if (context.state.seen.read() === true) context.outputTagged(again, key);
          else context.output(key);
          context.state.seen.write(true);
        },
      }),
      { ...declared, outputs: [again] },
    );
    PAssert.that('firsts', main).containsInAnyOrder(['a', 'b']);
    PAssert.that('others', repeated).containsInAnyOrder(['a']);
  },
  { requires },
);
