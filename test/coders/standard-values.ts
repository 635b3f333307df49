import { GlobalWindow, IntervalWindow, type PaneInfo, type PaneTiming, type Windows } from 'millrace';
import { type FieldType, type Schema, schemaFromProto } from 'millrace/coders';
import { instantFromMillis } from '#millrace/sdk/coders/instant.js';

/** A coder as the vectors write it; strings of bytes have one character a byte. */
export interface CoderDocument {
  readonly urn: string;
  readonly payload?: string;
  readonly components?: readonly CoderDocument[];
  /** Encoding may give other bytes. */
  readonly non_deterministic?: boolean;
  /** What the runner keeps, by token. */
  readonly state?: Record<string, string>;
}

type Json = Record<string, unknown>;

export const fromLatin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** The value that the vectors' JSON stands for, as our coders hold it. Integers come as bigints. */
export function toMemory(coder: CoderDocument, json: unknown): unknown {
  const [first, second] = coder.components ?? [];
  const object = json as Json;
  switch (coder.urn) {
    case 'beam:coder:bytes:v1':
      return fromLatin1(json as string);
    case 'beam:coder:bool:v1':
    case 'beam:coder:string_utf8:v1':
      return json;
    case 'beam:coder:varint:v1':
    case 'beam:coder:double:v1':
      return Number(json);
    case 'beam:coder:kv:v1':
      return { key: toMemory(first!, object.key), value: toMemory(second!, object.value) };
    case 'beam:coder:iterable:v1':
    case 'beam:coder:state_backed_iterable:v1':
      return (json as unknown[]).map((element) => toMemory(first!, element));
    case 'beam:coder:interval_window:v1':
    case 'beam:coder:global_window:v1':
      return windowOf(json);
    case 'beam:coder:custom_window:v1':
      return windowOf(object.window);
    case 'beam:coder:nullable:v1':
      return json === null ? null : toMemory(first!, json);
    case 'beam:coder:sharded_key:v1':
      return { key: toMemory(first!, object.key), shardId: fromLatin1(object.shardId as string) };
    case 'beam:coder:windowed_value:v1':
    case 'beam:coder:param_windowed_value:v1':
      return {
        value: toMemory(first!, object.value),
        timestamp: instant(object.timestamp),
        windows: windowsOf(object.windows),
        pane: paneOf(object.pane as Json),
      };
    case 'beam:coder:timer:v1': {
      const target = {
        userKey: toMemory(first!, object.userKey),
        dynamicTimerTag: object.dynamicTimerTag,
        windows: windowsOf(object.windows),
        clearBit: object.clearBit,
      };
      if (object.clearBit === true) return target;
      return {
        ...target,
        fireTimestamp: instant(object.fireTimestamp),
        holdTimestamp: instant(object.holdTimestamp),
        pane: paneOf(object.pane as Json),
      };
    }
    case 'beam:coder:row:v1':
      return rowOf(schemaFromProto(fromLatin1(coder.payload!)), object);
    default:
      throw new Error(`the vectors have a coder that this test does not know: ${coder.urn}`);
  }
}

const instant = (json: unknown): number => instantFromMillis(json as bigint);

function windowOf(json: unknown): GlobalWindow | IntervalWindow {
  if (json === 'global' || json === '') return GlobalWindow.INSTANCE;
  const { end, span } = json as { end: bigint; span: bigint };
  return new IntervalWindow(instant(end - span), instant(end));
}

function windowsOf(json: unknown): Windows {
  const windows = (json as unknown[]).map(windowOf);
  return windows.length === 1 ? windows[0]! : windows;
}

function paneOf(json: Json): PaneInfo {
  return {
    timing: json.timing as PaneTiming,
    isFirst: json.is_first as boolean,
    isLast: json.is_last as boolean,
    index: Number(json.index),
    nonSpeculativeIndex: Number(json.on_time_index),
  };
}

function rowOf(schema: Schema, json: Json): Json {
  return Object.fromEntries(schema.fields.map(({ name, type }) => [name, fieldOf(type, json[name])]));
}

function fieldOf(type: FieldType, json: unknown): unknown {
  switch (type) {
    case 'float':
      return Math.fround(Number(json));
    case 'double':
      return Number(json);
    case 'bytes':
      return fromLatin1(json as string);
    case 'string':
    case 'boolean':
      return json;
    case 'byte':
    case 'int16':
    case 'int32':
    case 'int64':
      return Number.isSafeInteger(Number(json)) ? Number(json) : json;
  }
  if ('nullable' in type) return json === null ? null : fieldOf(type.nullable, json);
  if ('array' in type) return (json as unknown[]).map((element) => fieldOf(type.array, element));
  if ('iterable' in type) return (json as unknown[]).map((element) => fieldOf(type.iterable, element));
  if ('map' in type) {
    const [key, value] = type.map;
    return new Map(Object.entries(json as Json).map(([k, v]) => [fieldOf(key, k), fieldOf(value, v)]));
  }
  if ('row' in type) return rowOf(type.row, json as Json);
  switch (type.logical) {
    case 'beam:logical_type:millis_instant:v1':
      // The vectors give the int64 that the instant's eight bytes make when the flipped sign bit is left as it is.
      return Number(BigInt.asIntN(64, (json as bigint) ^ (1n << 63n)));
    case 'beam:logical_type:decimal:v1':
      return json;
    default:
      return fieldOf(type.representation, json);
  }
}
