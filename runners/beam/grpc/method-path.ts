import type { DescMethod } from '@bufbuild/protobuf';

/** `/package.Service/Method`: how gRPC names a method on the wire. */
export const methodPath = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;
