import { type JsonValue, toJson } from '@bufbuild/protobuf';
import type { Elements } from '#millrace/runners/beam/generated/fn_data_pb.js';
import { type StateRequest, StateRequestSchema } from '#millrace/runners/beam/generated/fn_state_pb.js';
import { answerToJson, type Line } from './lines.js';

/**
 * What the harness's side of an exchange comes to, in a form in which two of them are the same where nothing differs that
 * means something: it is free to send output in other portions, within the response to a bundle too where the engine takes it
 * there, and to ask for the state of different keys in another order.
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
  const takeOutput = (elements: Elements): void => {
    for (const { to, bytes, isLast } of partsOf({ message: elements })) {
      if (bytes.length > 0) outputs[to] = Buffer.concat([outputs[to] ?? new Uint8Array(), bytes]);
      if (isLast) ends.push(to);
    }
  };
  for (const line of lines) {
    if (line.from === 'function') says.push(line.says);
    else if (line.from === 'engine') continue;
    else if (line.on === 'control') {
      const { response } = line.message;
      if (response.case === 'processBundle' && response.value.elements !== undefined) {
        const { elements, ...rest } = response.value;
        takeOutput(elements);
        answers[line.message.instructionId] = answerToJson({
          ...line.message,
          response: { case: 'processBundle', value: rest },
        });
      } else answers[line.message.instructionId] = answerToJson(line.message);
    } else if (line.on === 'state') {
      const key = keyOf(line.message);
      state[key] = [...(state[key] ?? []), askedOf(line.message)];
    } else takeOutput(line.message);
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

export function partsOf({ message }: { readonly message: Elements }): OutputPart[] {
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
