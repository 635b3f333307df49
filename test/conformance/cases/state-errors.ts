import { valueState } from 'millrace';
import { conformanceCase } from '../case.js';
import { pairs } from '../shapes/pairs.js';

const requires = ['state'] as const;

export const anErrorBesideStateNamesTheElement = conformanceCase(
  (p) => {
    const declared = { state: { seen: valueState<number>() } };
    pairs(p, ['good', 1], ['bad', 2]).parDo<string, typeof declared>(
      'Failing',
      () => ({
        process({ key }, { state }) {
          state.seen.write(1);
          if (key === 'bad') throw new Error('no bad keys');
        },
      }),
      declared,
    );
  },
  { requires, fails: 'FUNCTION_THREW', saying: ['no bad keys', 'Failing', "'bad'"] },
);

export const aPromiseBesideStateIsRefused = conformanceCase(
  (p) => {
    const declared = { state: { seen: valueState<number>() } };
    const later = async (): Promise<void> => {};
    pairs(p, ['a', 1]).parDo<string, typeof declared>(
      'Later',
      () => ({ process: () => later() as unknown as undefined }),
      declared,
    );
  },
  { requires, fails: 'FUNCTION_RETURNED_PROMISE', saying: ['Later', 'mapAsync'] },
);
