/** Checked by `tsc -p tsconfig.json`, never run: options have the types of their declarations. */
import { definePipeline, option, type SecretRef } from 'millrace';
import { expectTypeOf } from 'vitest';

definePipeline({
  name: 'options',
  options: {
    input: option.string({ description: 'what to read' }),
    max: option.integer({ optional: true }),
    rate: option.number({ optional: true, default: 1 }),
    from: option.choice(['latest', 'earliest'], { default: 'latest' }),
    gap: option.duration({ default: 5_000 }),
    password: option.secret(),
    topics: option.strings({ optional: true }),
  },
  build(_, options) {
    expectTypeOf(options).toEqualTypeOf<{
      readonly input: string;
      readonly max: number | undefined;
      readonly rate: number;
      readonly from: 'latest' | 'earliest';
      readonly gap: number;
      readonly password: SecretRef;
      readonly topics: readonly string[] | undefined;
    }>();
    // @ts-expect-error there is no such option
    options.output;
  },
});
// @ts-expect-error the default is none of the choices
option.choice(['latest', 'earliest'], { default: 'newest' });
// @ts-expect-error the default is a text
option.integer({ default: '1' });
