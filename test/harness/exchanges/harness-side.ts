import { type JsonValue, toJson } from '@bufbuild/protobuf';
import { type StateRequest, StateRequestSchema } from '#millrace/runners/beam/generated/fn_state_pb.js';
import { answerToJson, type Line, type MessageLine } from './lines.js';

/**
 * What the harness's side of an exchange comes to, in a form in which two of them are the same where nothing differs that
 * means something: it is free to send output in other portions, and to ask for the state of different keys in another order.
 */
export interface HarnessSide {
  /** Instruction → its answer. */
  readonly answers: Record<string, ReturnType<typeof answerToJson>>;
  /** Bundle, and where it goes → what came out in all. */
  readonly outputs: Record<string, string>;
  /** Those that have ended. */
  readonly ends: readonly string[];
  /** Bundle and key of state → what was asked of it, in this order. */
  readonly state: Record<string, JsonValue[]>;
  /** What functions said. */
  readonly says: readonly string[];
}

export function harnessSide(lines: readonly Line[]): HarnessSide {
  const answers: Record<string, ReturnType<typeof answerToJson>> = {};
  const outputs: Record<string, Buffer> = {};
  const ends: string[] = [];
  const state: Record<string, JsonValue[]> = {};
  const says: string[] = [];
  for (const line of lines) {
    if (line.from === 'function') says.push(line.says);
    else if (line.from === 'engine') continue;
    else if (line.on === 'control') answers[line.message.instructionId] = answerToJson(line.message);
    else if (line.on === 'state') {
      const key = keyOf(line.message);
      state[key] = [...(state[key] ?? []), askedOf(line.message)];
    } else
      for (const { to, bytes, isLast } of partsOf(line)) {
        if (bytes.length > 0) outputs[to] = Buffer.concat([outputs[to] ?? new Uint8Array(), bytes]);
        if (isLast) ends.push(to);
      }
  }
  const inBase64 = Object.entries(outputs).map(([to, bytes]) => [to, bytes.toString('base64')] as const);
  return { answers, outputs: Object.fromEntries(inBase64), ends: ends.sort(), state, says: says.sort() };
}

/** The bundle that asks, and the key that it asks for. */
export function keyOf({ instructionId, stateKey, ...rest }: StateRequest): string {
  const { stateKey: key } = toJson(StateRequestSchema, {
    ...{ ...rest, id: '', instructionId: '', request: { case: undefined } },
    ...(stateKey !== undefined && { stateKey }),
  }) as { readonly stateKey?: JsonValue };
  return `${instructionId} ${JSON.stringify(key)}`;
}

/** What is asked of the key. */
export function askedOf(request: StateRequest): JsonValue {
  const { id, instructionId, stateKey, ...asked } = toJson(StateRequestSchema, request) as Record<string, JsonValue>;
  return asked;
}

interface OutputPart {
  readonly to: string;
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

export function partsOf({ message }: Extract<MessageLine, { on: 'data' }>): OutputPart[] {
  return [
    ...message.data.map(({ instructionId, transformId, data, isLast }) => ({
      to: `${instructionId} ${transformId}`,
      bytes: data,
      isLast,
    })),
    ...message.timers.map(({ instructionId, transformId, timerFamilyId, timers, isLast }) => ({
      to: `${instructionId} ${transformId} ${timerFamilyId}`,
      bytes: timers,
      isLast,
    })),
  ];
}
