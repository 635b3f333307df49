import { create } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { BundleApplication, InstructionResponse } from '#millrace/runners/beam/generated/fn_control_pb.js';

/** The work that an answer gives back or keeps. */
function workIn({ response: { case: kind, value } }: InstructionResponse): BundleApplication[] {
  if (kind !== 'processBundle' && kind !== 'processBundleSplit') return [];
  const primaries = kind === 'processBundleSplit' ? value.primaryRoots : [];
  return [...primaries, ...value.residualRoots.flatMap(({ application }) => application ?? [])];
}

/** Takes the watermarks out of the work in an answer: for each output, in milliseconds. */
export function takeWatermarks(answer: InstructionResponse): Record<string, string>[] {
  return workIn(answer).map((work) => {
    const taken = Object.entries(work.outputWatermarks).map(([tag, instant]) => [tag, toMillis(instant)] as const);
    work.outputWatermarks = {};
    return Object.fromEntries(taken);
  });
}

/** Puts them back. */
export function withWatermarks(answer: InstructionResponse, all: readonly Readonly<Record<string, string>>[]): void {
  for (const [index, work] of workIn(answer).entries())
    for (const [tag, millis] of Object.entries(all[index] ?? {})) work.outputWatermarks[tag] = fromMillis(millis);
}

const toMillis = ({ seconds, nanos }: Timestamp): string => String(seconds * 1_000n + BigInt(nanos / 1_000_000));

function fromMillis(text: string): Timestamp {
  const millis = BigInt(text);
  const rest = ((millis % 1_000n) + 1_000n) % 1_000n;
  return create(TimestampSchema, { seconds: (millis - rest) / 1_000n, nanos: Number(rest) * 1_000_000 });
}
