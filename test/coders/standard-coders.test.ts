import { readFileSync } from 'node:fs';
import { type CoderSpec, type FunctionSpec, MillraceError } from 'millrace';
import {
  BytesSource,
  type Coder,
  coderFromSpec,
  decodeFromBytes,
  encodeToBytes,
  iterableCoder,
  schemaFromProto,
  schemaToProto,
  stateBackedIterableCoder,
  varintCoder,
} from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type CoderDocument, fromLatin1, toMemory } from './standard-values.js';

/** Beam's vectors, all of them; a coder that we do not know fails here. */
interface Vectors {
  readonly coder: CoderDocument;
  readonly nested?: boolean;
  readonly examples: Record<string, unknown>;
}

const text = readFileSync(new URL('../fixtures/standard_coders.yaml', import.meta.url), 'utf8');
const documents = parseAllDocuments(text, { intAsBigInt: true }).map((document) => {
  expect('errors' in document ? document.errors : []).toEqual([]);
  return ('toJS' in document ? document.toJS() : undefined) as Vectors;
});

/** The document's coder as it would stand in a plan, and from there by the registry. */
function coderOf(document: CoderDocument): Coder<unknown> {
  const { state } = document;
  if (state !== undefined)
    return stateBackedIterableCoder(coderOf(document.components![0]!), (token, element) => {
      const source = new BytesSource(fromLatin1(state[Buffer.from(token).toString('latin1')]!));
      const tail = [];
      while (source.remaining > 0) tail.push(element.decode(source, true));
      return tail;
    });
  const table: Record<string, CoderSpec> = {};
  const add = ({ urn, payload, components = [] }: CoderDocument): string => {
    const bytes = payload === undefined ? undefined : Buffer.from(fromLatin1(payload)).toString('base64');
    const spec: FunctionSpec = { urn, ...(bytes !== undefined && { payload: { $bytes: bytes } }) };
    const componentCoderIds = components.map(add);
    const id = `c${Object.keys(table).length}`;
    table[id] = { spec, componentCoderIds };
    return id;
  };
  const id = add(document);
  return coderFromSpec(id, JSON.parse(JSON.stringify(table)) as typeof table);
}

describe('Beam’s standard coders', () => {
  it('come as 45 documents', () => {
    expect(documents).toHaveLength(45);
  });

  for (const [i, { coder: document, nested, examples }] of documents.entries()) {
    describe(`${i + 1}. ${document.urn} ${(document.components ?? []).map(({ urn }) => urn).join(', ')}`, () => {
      const coder = coderOf(document);
      for (const context of nested === undefined ? [false, true] : [nested])
        for (const [encoded, value] of Object.entries(examples)) {
          const bytes = fromLatin1(encoded);
          const expected = toMemory(document, value);
          const name = `${JSON.stringify(encoded.slice(0, 40))} ${context ? 'nested' : 'outer'}`;
          it(`decodes ${name}`, () => {
            expect(listed(decodeFromBytes(coder, bytes, context))).toStrictEqual(expected);
          });
          if (document.non_deterministic !== true)
            it(`encodes ${name}`, () => {
              expect(Buffer.from(encodeToBytes(coder, expected, context)).toString('latin1')).toBe(encoded);
            });
        }
      if (document.urn === 'beam:coder:row:v1')
        it('has a schema that survives our form of it', () => {
          const schema = schemaFromProto(fromLatin1(document.payload!));
          expect(schemaFromProto(schemaToProto(schema))).toEqual(schema);
        });
    });
  }

  it('are one example at least each', () => {
    for (const { examples } of documents) expect(Object.keys(examples).length).toBeGreaterThan(0);
  });
});

it('a plain iterable that meets a state-backed stream says so', () => {
  const stream = fromLatin1('\xff\xff\xff\xff\x02\xc8\x01\xe8\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x03tok');
  for (const coder of [iterableCoder(varintCoder()), stateBackedIterableCoder(varintCoder())])
    try {
      decodeFromBytes(coder, stream);
      expect.fail('decoded');
    } catch (error) {
      expect(error).toBeInstanceOf(MillraceError);
      expect(error).toMatchObject({ code: 'CODER_STATE_BACKED', kind: 'coder' });
      expect(String(error)).toContain(coder.urn);
      expect(String(error)).toContain('2 elements are inlined');
    }
});

/** A state-backed iterable as what it iterates. */
function listed(value: unknown): unknown {
  const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : null;
  const isLazy =
    prototype !== null &&
    prototype !== Map.prototype &&
    prototype !== Uint8Array.prototype &&
    Symbol.iterator in (value as object);
  return isLazy ? [...(value as Iterable<unknown>)] : value;
}
