import {
  clone,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toJson,
} from '@bufbuild/protobuf';
import {
  type InstructionRequest,
  InstructionRequestSchema,
  type InstructionResponse,
  InstructionResponseSchema,
  type ProcessBundleDescriptor,
  ProcessBundleDescriptorSchema,
} from '#millrace/runners/beam/generated/fn_control_pb.js';
import { type Elements, ElementsSchema } from '#millrace/runners/beam/generated/fn_data_pb.js';
import {
  type StateRequest,
  StateRequestSchema,
  type StateResponse,
  StateResponseSchema,
} from '#millrace/runners/beam/generated/fn_state_pb.js';
import { takeWatermarks, withWatermarks } from './watermarks.js';

/** What went between an engine and a worker: one message, on one of the streams, from one side. */
export type MessageLine = { readonly worker: string } & (
  | { readonly from: 'engine'; readonly on: 'descriptor'; readonly message: ProcessBundleDescriptor }
  | { readonly from: 'engine'; readonly on: 'control'; readonly message: InstructionRequest }
  | { readonly from: 'harness'; readonly on: 'control'; readonly message: InstructionResponse }
  | { readonly from: 'engine' | 'harness'; readonly on: 'data'; readonly message: Elements }
  | { readonly from: 'engine'; readonly on: 'state'; readonly message: StateResponse }
  | { readonly from: 'harness'; readonly on: 'state'; readonly message: StateRequest }
);

/** What a function of the author's said, and what it waited for then. */
export interface SaidLine {
  readonly from: 'function';
  readonly says: string;
  readonly until?: string;
}

export type Line = MessageLine | SaidLine;

/** How the messages of a line are read. */
type Read = <D extends DescMessage>(schema: D) => ReturnType<typeof fromBinary<D>>;

function read(from: string, on: string, worker: string, message: Read): MessageLine {
  switch (`${from} on ${on}`) {
    case 'engine on descriptor':
      return { from: 'engine', on: 'descriptor', worker, message: message(ProcessBundleDescriptorSchema) };
    case 'engine on control':
      return { from: 'engine', on: 'control', worker, message: message(InstructionRequestSchema) };
    case 'harness on control':
      return { from: 'harness', on: 'control', worker, message: message(InstructionResponseSchema) };
    case 'engine on data':
      return { from: 'engine', on: 'data', worker, message: message(ElementsSchema) };
    case 'harness on data':
      return { from: 'harness', on: 'data', worker, message: message(ElementsSchema) };
    case 'engine on state':
      return { from: 'engine', on: 'state', worker, message: message(StateResponseSchema) };
    case 'harness on state':
      return { from: 'harness', on: 'state', worker, message: message(StateRequestSchema) };
    default:
      throw new Error(`nothing is known of the ${from} on ${on}`);
  }
}

export const lineFromBytes = (from: string, on: string, worker: string, bytes: Uint8Array): MessageLine =>
  read(from, on, worker, (schema) => fromBinary(schema, bytes));

/** A line as it stands in a file: the message as protobuf has it in JSON. */
export type JsonLine =
  | SaidLine
  | ({
      readonly from: string;
      readonly on: string;
      readonly worker?: string;
    } & JsonMessage);

interface JsonMessage {
  readonly message: JsonValue;
  /** Of the work in the message, one after the other: JSON has no instants as early as Beam's first. */
  readonly outputWatermarks?: readonly Readonly<Record<string, string>>[];
}

/** The worker of an exchange that has only one. */
const ONLY_WORKER = 'worker 1';

export function lineToJson(line: Line): JsonLine {
  if (line.from === 'function') return line;
  const { from, on } = line;
  return { from, on, ...(line.worker !== ONLY_WORKER && { worker: line.worker }), ...messageToJson(line) };
}

export function lineFromJson(json: JsonLine): Line {
  if (!('on' in json)) return json;
  const { from, on, worker = ONLY_WORKER, message, outputWatermarks } = json;
  const line = read(from, on, worker, (schema) => fromJson(schema, message));
  if (line.from === 'harness' && line.on === 'control' && outputWatermarks !== undefined)
    withWatermarks(line.message, outputWatermarks);
  return line;
}

function messageToJson(line: MessageLine): JsonMessage {
  switch (line.on) {
    case 'descriptor':
      return { message: toJson(ProcessBundleDescriptorSchema, line.message) };
    case 'control':
      return line.from === 'engine'
        ? { message: toJson(InstructionRequestSchema, line.message) }
        : answerToJson(line.message);
    case 'data':
      return { message: toJson(ElementsSchema, line.message) };
    case 'state':
      return line.from === 'engine'
        ? { message: toJson(StateResponseSchema, line.message) }
        : { message: toJson(StateRequestSchema, line.message) };
  }
}

export function answerToJson(answer: InstructionResponse) {
  const message = clone(InstructionResponseSchema, answer);
  const outputWatermarks = takeWatermarks(message);
  const json = toJson(InstructionResponseSchema, message) as JsonObject;
  return { message: json, ...(outputWatermarks.length > 0 && { outputWatermarks }) };
}
