/**
 * The format of `millrace:coder:value:v1` and `millrace:coder:key:v1`: a tag byte and what it announces. Integers are
 * varints, doubles and floats big-endian, lengths varints. Each value has exactly one form in which it is written.
 */
export const TAG = {
  undefined: 0x00,
  null: 0x01,
  false: 0x02,
  true: 0x03,
  /** 0 … 2^53-1 as a varint (0 … 63 are the tag itself, see {@link SMALL_INT}) */
  int: 0x04,
  /** -1 … -(2^53-1): the varint of -1 - value */
  negativeInt: 0x05,
  /** 8 bytes */
  double: 0x06,
  /** 4 bytes; where a double is exactly that */
  float: 0x07,
  /** non-negative: length and big-endian magnitude */
  bigint: 0x08,
  /** the same for -1 - value */
  negativeBigint: 0x09,
  /** length and UTF-8 */
  string: 0x0a,
  /** length in bytes and big-endian UTF-16: strings with lone surrogates */
  utf16: 0x0b,
  /** the time value as a double; NaN for an invalid date */
  date: 0x0c,
  /** count and elements */
  array: 0x0d,
  /** count, then key and value in turn */
  map: 0x0e,
  /** count and elements */
  set: 0x0f,
  /** count, then name and value in turn */
  object: 0x10,
  /** an object without a prototype */
  nullObject: 0x11,
  /** length and bytes */
  uint8Array: 0x12,
  buffer: 0x13,
  /** element type (index into {@link VIEWS}), length in bytes, little-endian elements */
  view: 0x14,
  arrayBuffer: 0x15,
  /** start and end as doubles */
  intervalWindow: 0x16,
  globalWindow: 0x17,
} as const;

/** Tags from here to 0x7f are the integers 0 … 63. */
export const SMALL_INT = 0x40;
/** Tags from here to 0xbf are strings of 0 … 63 bytes of UTF-8. */
export const SHORT_STRING = 0x80;
/** Tags from here to 0xcf are arrays of 0 … 15 elements. */
export const SHORT_ARRAY = 0xc0;
/** Tags from here to 0xef are objects of 0 … 31 properties. */
export const SMALL_OBJECT = 0xd0;
export const TAG_END = 0xf0;

/** Values nested deeper are refused: by then it is a cycle, or a list that should be an array. */
export const DEPTH_LIMIT = 1_000;

/** The views beside Uint8Array, in the order of their numbers on the wire. Additions go to the end. */
export const VIEWS = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** The number of `DataView`, which is not in {@link VIEWS} because it has no element size. */
export const DATA_VIEW = 0x20;
