import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';

/** gRPC wants a Buffer; this one is a view of the encoded message, not a copy. */
export function encodeMessage<D extends DescMessage>(schema: D, message: MessageShape<D>): Buffer {
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
