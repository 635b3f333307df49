import { decodeColumn, encodeColumn, packedValues } from '../../sdk/coders/column-batch.js';
import type { BytesSource, GrowableSink } from '../../sdk/coders/index.js';
import { BEAM_CODER, type Coder, type KV, MILLRACE_CODER } from '../../sdk/model/index.js';

/** How the values (or the keys) of a batch become bytes: a column at a time. */
export interface ColumnCoder {
  /** Writes values[from … to). */
  encode(values: readonly unknown[], from: number, to: number, sink: GrowableSink): void;
  decode(from: BytesSource, length: number): unknown[];
}

/** Coders whose values are plain in memory: they come back the same from columns, which are an order of size faster. */
const PLAIN: ReadonlySet<string> = new Set([
  MILLRACE_CODER.value,
  MILLRACE_CODER.key,
  BEAM_CODER.stringUtf8,
  BEAM_CODER.double,
  BEAM_CODER.varint,
  BEAM_CODER.bool,
]);

/** Columns of the shape that is seen, for values that are plain. */
export const plainColumns: ColumnCoder = {
  encode: encodeColumn,
  decode: decodeColumn,
};

/** Coders of values that are mostly plain in memory; but a row may be an instance of a class, an iterable any iterator. */
const MOSTLY_PLAIN: ReadonlySet<string> = new Set([BEAM_CODER.row, BEAM_CODER.iterable, BEAM_CODER.nullable]);

/** The fastest form in which the values of a coder pass between two threads of a process without loss. */
export function columnCoder(coder: Coder<unknown>): ColumnCoder {
  if (isPlain(coder)) return plainColumns;
  if (isMostlyPlain(coder)) return columnsFirst(elementByElement(coder));
  return coder.urn === BEAM_CODER.kv ? pairs(coder) : elementByElement(coder);
}

function isPlain(coder: Coder<unknown>): boolean {
  return coder.urn === BEAM_CODER.kv ? coder.components.every(isPlain) : PLAIN.has(coder.urn);
}

function isMostlyPlain(coder: Coder<unknown>): boolean {
  return isPlain(coder) || (MOSTLY_PLAIN.has(coder.urn) && coder.components.every(isMostlyPlain));
}

const COLUMNS = 0;
const ELEMENTS = 1;

/** Columns until a batch holds something that they do not carry; from then on as the coder says. */
function columnsFirst(elements: ColumnCoder): ColumnCoder {
  let hold = true;
  return {
    encode(values, from, to, sink) {
      const start = sink.length;
      if (hold) {
        try {
          sink.byte(COLUMNS);
          encodeColumn(values, from, to, sink);
          return;
        } catch {
          hold = false;
          sink.truncate(start);
        }
      }
      sink.byte(ELEMENTS);
      elements.encode(values, from, to, sink);
    },
    decode: (from, length) => (from.byte() === COLUMNS ? decodeColumn(from, length) : elements.decode(from, length)),
  };
}

/** Pairs as a column of keys and one of values. */
function pairs(coder: Coder<unknown>): ColumnCoder {
  const [key, value] = coder.components.map(columnCoder);
  const part = (name: 'key' | 'value', values: readonly unknown[], from: number, to: number): unknown[] => {
    const column = new Array<unknown>(to - from);
    for (let i = from; i < to; i++) column[i - from] = (values[i] as KV<unknown, unknown>)[name];
    return column;
  };
  return {
    encode(values, from, to, sink) {
      key!.encode(part('key', values, from, to), 0, to - from, sink);
      value!.encode(part('value', values, from, to), 0, to - from, sink);
    },
    decode(from, length) {
      const keys = key!.decode(from, length);
      const values = value!.decode(from, length);
      return keys.map((each, i) => ({ key: each, value: values[i] }));
    },
  };
}

/** A column as its values one after the other, in the nested form of their coder. */
export function elementByElement(coder: Pick<Coder<unknown>, 'encode' | 'decode'>): ColumnCoder {
  return {
    encode(values, from, to, sink) {
      for (let i = from; i < to; i++) coder.encode(values[i], sink, true);
    },
    decode(from, length) {
      const values = packedValues<unknown>(length);
      for (let i = 0; i < length; i++) values[i] = coder.decode(from, true);
      return values;
    },
  };
}
