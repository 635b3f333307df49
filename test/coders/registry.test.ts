import {
  BEAM_CODER,
  type CoderSpec,
  GlobalWindow,
  MILLRACE_CODER,
  MIN_TIMESTAMP,
  MillraceError,
  NO_FIRING_PANE,
} from 'millrace';
import {
  boolCoder,
  bytesCoder,
  type Coder,
  coderFromSpec,
  coderToSpec,
  customWindowCoder,
  deterministicValueCoder,
  doubleCoder,
  encodeToBytes,
  globalWindowCoder,
  int64,
  intervalWindowCoder,
  iterableCoder,
  knownCoderUrns,
  kvCoder,
  lengthPrefixCoder,
  nullableCoder,
  ownWindowCoder,
  paramWindowedValueCoder,
  registerCoder,
  row,
  rowCoder,
  shardedKeyCoder,
  stateBackedIterableCoder,
  stringUtf8Coder,
  timerCoder,
  valueCoder,
  varintCoder,
  windowedValueCoder,
} from 'millrace/coders';
import { describe, expect, it } from 'vitest';

const all: Coder<unknown>[] = [
  valueCoder(),
  deterministicValueCoder(),
  bytesCoder(),
  stringUtf8Coder(),
  boolCoder(),
  varintCoder(),
  doubleCoder(),
  kvCoder(stringUtf8Coder(), iterableCoder(varintCoder())),
  stateBackedIterableCoder(varintCoder()),
  nullableCoder(boolCoder()),
  lengthPrefixCoder(stringUtf8Coder()),
  rowCoder(row({ id: int64() })),
  shardedKeyCoder(stringUtf8Coder()),
  globalWindowCoder(),
  intervalWindowCoder(),
  customWindowCoder(intervalWindowCoder()),
  customWindowCoder(ownWindowCoder()),
  timerCoder(stringUtf8Coder(), globalWindowCoder()),
  windowedValueCoder(varintCoder(), intervalWindowCoder()),
  paramWindowedValueCoder(varintCoder(), globalWindowCoder(), {
    timestamp: MIN_TIMESTAMP,
    windows: GlobalWindow.INSTANCE,
    pane: NO_FIRING_PANE,
  }),
];

/** A coder and its components as they stand in a plan. */
function table(coder: Coder<unknown>): { id: string; coders: Record<string, CoderSpec> } {
  const coders: Record<string, CoderSpec> = {};
  const add = (each: Coder<unknown>): string => {
    const spec = coderToSpec(each, add);
    const id = `c${Object.keys(coders).length}`;
    coders[id] = spec;
    return id;
  };
  const id = add(coder);
  return JSON.parse(JSON.stringify({ id, coders }));
}

describe('coders in a plan', () => {
  it.each(all.map((coder) => [coder.urn, coder] as const))('%s comes back', (_urn, coder) => {
    const { id, coders } = table(coder);
    const back = coderFromSpec(id, coders);
    expect(table(back)).toEqual({ id, coders });
    expect(back.deterministic).toBe(coder.deterministic);
  });

  it('are known for every URN that a plan may hold', () => {
    expect(knownCoderUrns()).toEqual(
      expect.arrayContaining([...Object.values(BEAM_CODER), ...Object.values(MILLRACE_CODER)]),
    );
  });

  it.each([
    [{}, 'the plan has no coder "c"'],
    [{ c: { spec: { urn: 'x:y:z:v1' } } }, 'the coder "c" has the unknown URN x:y:z:v1'],
    [{ c: { spec: { urn: BEAM_CODER.iterable }, componentCoderIds: ['d'] } }, 'no coder "d" (a component of "c")'],
    [{ c: { spec: { urn: BEAM_CODER.iterable }, componentCoderIds: ['c'] } }, 'the coder "c" is a component of itself'],
    [{ c: { spec: { urn: BEAM_CODER.kv } } }, 'has 0 components, not 2'],
    [{ c: { spec: { urn: BEAM_CODER.row } } }, '$ is not an object'],
    [{ c: { spec: { urn: BEAM_CODER.row, payload: { $bytes: '%' } } } }, 'not base64'],
  ])('%j is refused', (coders, text) => {
    expect(() => coderFromSpec('c', coders as Record<string, CoderSpec>)).toThrow(text);
    expect(() => coderFromSpec('__proto__', coders as Record<string, CoderSpec>)).toThrow('no coder "__proto__"');
  });

  it('cannot be made to take forever, or the whole stack', () => {
    const chain = (length: number, urn: string, times: number): Record<string, CoderSpec> =>
      Object.fromEntries(
        Array.from({ length }, (_, i) => [
          `c${i}`,
          i === length - 1
            ? { spec: { urn: BEAM_CODER.bool } }
            : { spec: { urn }, componentCoderIds: new Array<string>(times).fill(`c${i + 1}`) },
        ]),
      );
    expect(coderFromSpec('c0', chain(60, BEAM_CODER.kv, 2)).urn).toBe(BEAM_CODER.kv);
    expect(() => coderFromSpec('c0', chain(20_000, BEAM_CODER.iterable, 1))).toThrow('nest deeper than 100');
  });

  it('may be a library’s own', () => {
    const upper: Coder<string> = { ...plain(stringUtf8Coder()), urn: 'test:coder:upper:v1' };
    registerCoder(upper.urn, { components: 0, make: () => upper });
    const coder = coderFromSpec('c', { c: { spec: { urn: upper.urn } } });
    expect(encodeToBytes(coder, 'a')).toEqual(Uint8Array.of(65));
    expect(() => registerCoder(upper.urn, { components: 0, make: () => upper })).toThrow(MillraceError);
  });
});

function plain(coder: Coder<string>): Coder<string> {
  return {
    urn: coder.urn,
    components: [],
    deterministic: true,
    encode: (value, to, nested) => coder.encode(value.toUpperCase(), to, nested),
    decode: (from, nested) => coder.decode(from, nested),
  };
}
