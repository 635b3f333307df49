import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Marks, MOST_MARKS } from '#millrace/runners/kernel/marks.js';

type Event = { readonly add: number } | { readonly commit: number };

const events = (maxLength: number): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ add: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ commit: fc.nat(150) }) },
    ),
    { maxLength },
  );

/** A barrier after every event that adds; answers what is committed, and what it would be if all marks were kept. */
function run(given: readonly Event[]): [told: number | undefined, exact: number | undefined][] {
  const marks = new Marks<number>();
  const all: number[] = [];
  let value = 0;
  let finalised = 0;
  return given.map((event) => {
    if ('add' in event) {
      value += event.add;
      all.push(value);
      marks.mark(all.length, value);
    } else {
      finalised = Math.max(finalised, Math.min(event.commit, all.length));
      marks.commit(finalised);
    }
    return [marks.committed, finalised === 0 ? undefined : all[finalised - 1]];
  });
}

it('what is committed is what stood at the barrier of the last finalised epoch', () => {
  fc.assert(
    fc.property(events(MOST_MARKS), (given) => {
      for (const [told, exact] of run(given)) expect(told).toBe(exact);
    }),
    { numRuns: 500 },
  );
});

it('where an epoch is held for long, it may trail, and is never ahead', () => {
  fc.assert(
    fc.property(events(1_000), (given) => {
      let before = 0;
      for (const [told, exact] of run(given)) {
        if (told === undefined) continue;
        expect(told).toBeGreaterThanOrEqual(before);
        expect(told).toBeLessThanOrEqual(exact!);
        before = told;
      }
    }),
    { numRuns: 200 },
  );
});

it('catches up when nothing is held any more, however many barriers have passed', () => {
  const marks = new Marks<number>();
  for (let epoch = 1; epoch <= 10_000; epoch++) marks.mark(epoch, epoch);
  marks.commit(10_000);
  expect(marks.committed).toBe(10_000);
});
