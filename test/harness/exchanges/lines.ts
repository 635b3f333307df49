import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
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

/** A line as it stands in a file: the message as protobuf has it in JSON. */
export type JsonLine =
  | SaidLine
  | { readonly from: string; readonly on: string; readonly worker?: string; readonly message: JsonValue };

export function lineToJson(line: Line): JsonLine {
  if (line.from === 'function') return line;
  const { from, on } = line;
  return { from, on, ...(line.worker !== ONLY_WORKER && { worker: line.worker }), message: messageToJson(line) };
}

/** The worker of an exchange that has only one. */
export const ONLY_WORKER = 'worker 1';

/** A line of a file; undefined for what the control, data and state streams did not carry. */
export function lineFromJson(json: JsonLine): Line | undefined {
  if (!('on' in json)) return json;
  const { from, on, worker = ONLY_WORKER, message } = json;
  switch (`${from} on ${on}`) {
    case 'engine on descriptor':
      return { from: 'engine', on: 'descriptor', worker, message: fromJson(ProcessBundleDescriptorSchema, message) };
    case 'engine on control':
      return { from: 'engine', on: 'control', worker, message: fromJson(InstructionRequestSchema, message) };
    case 'harness on control':
      return { from: 'harness', on: 'control', worker, message: fromJson(InstructionResponseSchema, message) };
    case 'engine on data':
      return { from: 'engine', on: 'data', worker, message: fromJson(ElementsSchema, message) };
    case 'harness on data':
      return { from: 'harness', on: 'data', worker, message: fromJson(ElementsSchema, message) };
    case 'engine on state':
      return { from: 'engine', on: 'state', worker, message: fromJson(StateResponseSchema, message) };
    case 'harness on state':
      return { from: 'harness', on: 'state', worker, message: fromJson(StateRequestSchema, message) };
    default:
      return undefined;
  }
}

function messageToJson(line: MessageLine): JsonValue {
  switch (line.on) {
    case 'descriptor':
      return toJson(ProcessBundleDescriptorSchema, line.message);
    case 'control':
      return line.from === 'engine'
        ? toJson(InstructionRequestSchema, line.message)
        : toJson(InstructionResponseSchema, line.message);
    case 'data':
      return toJson(ElementsSchema, line.message);
    case 'state':
      return line.from === 'engine'
        ? toJson(StateResponseSchema, line.message)
        : toJson(StateRequestSchema, line.message);
  }
}
