import type { ByteSink, ByteSource } from '../model/coder.js';
import { writeBytes } from './byte-sink.js';
import { readBytes } from './byte-source.js';
import { CODER_ERROR, coderError } from './errors.js';

/*
 * Decimals as Java's BigDecimal is encoded: the scale as a varint of 32 bits, then the unscaled integer as big-endian
 * two's complement of the fewest bytes, with its length. In memory they are text, which keeps the scale.
 */
const PATTERN = /^(-?)(\d+)(?:\.(\d+))?(?:E\+?(-?\d{1,10}))?$/i;
const LARGEST_SCALE = 2 ** 31 - 1;

export function writeDecimal(to: ByteSink, value: unknown): void {
  const parts = typeof value === 'string' ? PATTERN.exec(value) : null;
  if (parts === null)
    throw coderError(CODER_ERROR.unencodable, `a decimal is text like '-12.50', not ${JSON.stringify(value) ?? value}`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const unscaled = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  if (Math.abs(scale) > LARGEST_SCALE)
    throw coderError(CODER_ERROR.range, `the decimal ${value} has the scale ${scale}`);
  to.varint(scale >>> 0);
  writeBytes(to, twosComplement(unscaled));
}

/** Plain digits with a point; a negative scale as an exponent: 12 of scale -3 is `12E+3`. */
export function readDecimal(from: ByteSource): string {
  const scale = from.varint() | 0;
  const bytes = readBytes(from);
  if (bytes.length === 0 || bytes.length > 1 << 16)
    throw coderError(CODER_ERROR.malformed, `a decimal of ${bytes.length} bytes`);
  const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
  const sign = unscaled < 0n ? '-' : '';
  const digits = `${unscaled < 0n ? -unscaled : unscaled}`;
  if (scale === 0) return sign + digits;
  // Zeros in front are written out for scales that people use; a hostile one must not fill the memory.
  if (scale < 0 || scale > digits.length + 1_000) return `${sign}${digits}E${scale < 0 ? '+' : ''}${-scale}`;
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

function twosComplement(value: bigint): Uint8Array {
  const magnitude = value < 0n ? -1n - value : value;
  const length = magnitude === 0n ? 1 : Math.floor(magnitude.toString(2).length / 8) + 1;
  const hex = BigInt.asUintN(length * 8, value).toString(16);
  return Buffer.from(hex.padStart(length * 2, '0'), 'hex');
}
