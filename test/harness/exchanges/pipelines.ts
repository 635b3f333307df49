import { create, definePipeline, type KV, valueState } from 'millrace';

const pairs = (...values: string[]): KV<string, string>[] =>
  values.map((value) => ({ key: value.slice(0, 1), value: value.slice(1) }));

/** State that is read and written in the bundle of its key. */
export const counting = definePipeline({
  name: 'counting',
  build(p) {
    p.apply('pairs', create(pairs('a1', 'b1', 'a2'))).parDo(
      'count',
      () => ({
        process({ key }: KV<string, string>, { state, output }) {
          const count = (state.count.read() ?? 0) + 1;
          state.count.write(count);
          output(`${key}: ${count}`);
        },
      }),
      { state: { count: valueState<number>() } },
    );
  },
});
