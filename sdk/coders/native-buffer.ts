/** Node's decoders without the look-up of an encoding's name. */
export interface NativeBuffer extends Buffer {
  latin1Slice(from: number, to: number): string;
  utf8Slice(from: number, to: number): string;
  ucs2Slice(from: number, to: number): string;
}

export const nativeOf = (bytes: Uint8Array): NativeBuffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as NativeBuffer;
