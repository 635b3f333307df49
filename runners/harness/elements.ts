import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Elements, ElementsSchema } from '../beam/generated/fn_data_pb.js';

/** A part of what goes into a stage or comes out of it. */
export interface StageInput {
  readonly transformId: string;
  /** Of timers: their family. */
  readonly family?: string;
  readonly data: Uint8Array;
  /** No more comes of these. */
  readonly isLast: boolean;
}

/** A message of the data stream, part by part, with the instruction that each belongs to. */
export function* partsOf({ data, timers }: Elements): Generator<[instructionId: string, part: StageInput]> {
  for (const { instructionId, transformId, data: bytes, isLast } of data)
    yield [instructionId, { transformId, data: bytes, isLast }];
  for (const { instructionId, transformId, timerFamilyId: family, timers: bytes, isLast } of timers)
    yield [instructionId, { transformId, family, data: bytes, isLast }];
}

/** The message that carries parts of one instruction. */
export function elementsOf(
  instructionId: string,
  parts: readonly StageInput[],
): MessageInitShape<typeof ElementsSchema> {
  return {
    data: parts.flatMap(({ family, ...part }) => (family === undefined ? [{ instructionId, ...part }] : [])),
    timers: parts.flatMap(({ transformId, family, data, isLast }) =>
      family === undefined ? [] : [{ instructionId, transformId, timerFamilyId: family, timers: data, isLast }],
    ),
  };
}
