import { asSingleton, sum } from 'millrace';
import { PAssert } from 'millrace/testing';
import { letters, main, nothing, sideInputCase } from '../shapes/side-inputs.js';

export const sideSingleton = sideInputCase((p) => {
  const seen = main(p).map('See', (n, { rate }) => n * rate, {
    sideInputs: { rate: asSingleton(p.create('Rate', [10])) },
  });
  PAssert.that(seen).containsInAnyOrder([10, 20]);
});

export const sideSingletonOfACombine = sideInputCase((p) => {
  const numbers = p.create('Numbers', [1, 2, 3]);
  const seen = numbers.map('Share', (n, { total }) => n / total, {
    sideInputs: { total: asSingleton(numbers.combineGlobally('Total', sum())) },
  });
  PAssert.that(seen).containsInAnyOrder([1 / 6, 2 / 6, 3 / 6]);
});

export const sideSingletonDefault = sideInputCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${side}`, {
    sideInputs: { side: asSingleton(nothing(p), { default: 'none' }) },
  });
  PAssert.that(seen).containsInAnyOrder(['1none', '2none']);
});

export const sideSingletonDefaultNotNeeded = sideInputCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${side}`, {
    sideInputs: { side: asSingleton(p.create('One', ['one']), { default: 'none' }) },
  });
  PAssert.that(seen).containsInAnyOrder(['1one', '2one']);
});

export const sideSingletonDefaultOfNothing = sideInputCase((p) => {
  const seen = main(p).map('See', (n, { side }) => `${n}${side}`, {
    sideInputs: { side: asSingleton(nothing(p), { default: undefined }) },
  });
  PAssert.that(seen).containsInAnyOrder(['1undefined', '2undefined']);
});

export const sideSingletonOfNothingFails = sideInputCase(
  (p) => {
    main(p).map('See', (n, { rate }) => `${n}${rate}`, { sideInputs: { rate: asSingleton(nothing(p)) } });
  },
  { fails: 'SIDE_INPUT_EMPTY', saying: ["'rate'", 'See', 'default'] },
);

export const sideSingletonOfSeveralFails = sideInputCase(
  (p) => {
    main(p).map('See', (n, { rate }) => `${n}${rate}`, { sideInputs: { rate: asSingleton(letters(p)) } });
  },
  { fails: 'SIDE_INPUT_SEVERAL', saying: ["'rate'", 'See', 'more than one'] },
);
