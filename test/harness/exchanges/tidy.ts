import { create, fromBinary } from '@bufbuild/protobuf';
import { NO_FIRING_PANE } from 'millrace';
import { BytesSource, coderFromSpec, encodeToBytes, type Timer } from 'millrace/coders';
import { decodeFailure } from '#millrace/runners/beam/failure.js';
import { componentsFromBeam } from '#millrace/runners/beam/from-beam.js';
import {
  type InstructionResponse,
  InstructionResponseSchema,
  type ProcessBundleDescriptor,
} from '#millrace/runners/beam/generated/fn_control_pb.js';
import { type Elements_Timers, ElementsSchema } from '#millrace/runners/beam/generated/fn_data_pb.js';
import { type MonitoringInfo, MonitoringInfoSchema } from '#millrace/runners/beam/generated/metrics_pb.js';
import { ParDoPayloadSchema, TimeDomain_Enum } from '#millrace/runners/beam/generated/pipeline_pb.js';
import type { Line, MessageLine } from './lines.js';

/**
 * The lines with what a harness is free in taken out of its answers: the short names of metrics, when a gauge was set, for when a
 * timer was set by the clock, and the places of its files in errors.
 */
export function tidy(lines: readonly Line[]): Line[] {
  const names = namesOfMetrics(lines);
  const clocks = timersByTheClock(lines);
  return lines.flatMap((line): readonly Line[] => {
    if (line.from !== 'harness') return [line];
    if (line.on === 'control') return [{ ...line, message: tidyAnswer(line.message, names.get(line.worker)) }];
    if (line.on !== 'data') return [line];
    const { data, timers } = line.message;
    const withoutTimes = timers.map((each) => withoutFiringTime(each, clocks));
    return [{ ...line, message: create(ElementsSchema, { data, timers: withoutTimes }) }];
  });
}

type Names = ReadonlyMap<string, MonitoringInfo>;

/** By worker, what the short names of its metrics stand for. */
function namesOfMetrics(lines: readonly Line[]): ReadonlyMap<string, Names> {
  const names = new Map<string, Map<string, MonitoringInfo>>();
  for (const line of lines) {
    if (line.from !== 'harness' || line.on !== 'control' || line.message.response.case !== 'monitoringInfos') continue;
    const known = names.get(line.worker) ?? new Map<string, MonitoringInfo>();
    names.set(line.worker, known);
    for (const [id, info] of Object.entries(line.message.response.value.monitoringInfo)) known.set(id, info);
  }
  return names;
}

function tidyAnswer({ instructionId, error, response }: InstructionResponse, names: Names = new Map()) {
  const answer = create(InstructionResponseSchema, { instructionId, response, error: tidyError(error) });
  const { case: kind, value } = answer.response;
  if (kind !== 'processBundle' && kind !== 'processBundleProgress') return answer;
  if (kind === 'processBundle') value.monitoringInfos = value.monitoringInfos.map(withoutTime);
  const payloads = Object.entries(value.monitoringData).map(([id, payload]) => {
    const info = names.get(id);
    if (info === undefined) throw new Error(`nobody asked what the metric ${id} is`);
    const { urn, labels } = info;
    return [[urn, ...Object.values(labels).sort()].join(' '), withoutTime({ ...info, payload }).payload] as const;
  });
  value.monitoringData = Object.fromEntries(payloads.sort(([a], [b]) => (a < b ? -1 : 1)));
  return answer;
}

/** The value of a gauge alone. */
function withoutTime(info: MonitoringInfo): MonitoringInfo {
  const { urn, type, labels, payload } = info;
  if (!urn.startsWith('beam:metric:user:latest_')) return info;
  let timeEnds = 0;
  while ((payload[timeEnds++] ?? 0) >= 0x80);
  return create(MonitoringInfoSchema, { urn, type, labels, payload: payload.subarray(timeEnds) });
}

/** What an author sees of it, without the places where files lay. */
function tidyError(text: string): string {
  if (text === '') return '';
  const envelope = decodeFailure(text)?.toEnvelope();
  if (envelope === undefined) return text;
  const { code, kind, step, message, source, cause } = envelope;
  return JSON.stringify({
    ...{ code, kind, step, message },
    // Which line of the file it is changes with the file.
    source: source?.replace(/^.*\/(?=[^/]+$)/, '').replace(/:\d+:\d+$/, ''),
    cause: cause === undefined ? undefined : { name: cause.name, message: cause.message },
  });
}

/** Decodes and encodes timers that are set by the clock, by step and family. */
type Clocks = ReadonlyMap<string, (timers: Uint8Array) => Uint8Array>;

const familyOf = (transformId: string, family: string): string => `${transformId} ${family}`;

function timersByTheClock(lines: readonly Line[]): Clocks {
  const clocks = new Map<string, (timers: Uint8Array) => Uint8Array>();
  for (const { message } of lines.filter(isDescriptor))
    for (const [id, { spec }] of Object.entries(message.transforms)) {
      if (spec?.urn !== 'beam:transform:pardo:v1') continue;
      for (const [family, { timeDomain, timerFamilyCoderId }] of Object.entries(
        fromBinary(ParDoPayloadSchema, spec.payload).timerFamilySpecs,
      ))
        if (timeDomain === TimeDomain_Enum.PROCESSING_TIME)
          clocks.set(familyOf(id, family), withoutTimes(message, timerFamilyCoderId));
    }
  return clocks;
}

function withoutTimes(descriptor: ProcessBundleDescriptor, coderId: string): (timers: Uint8Array) => Uint8Array {
  return (timers) => {
    const coder = coderFromSpec(coderId, componentsFromBeam(descriptor).coders);
    const source = new BytesSource(timers);
    const tidied: Uint8Array[] = [];
    while (source.remaining > 0) {
      const timer = coder.decode(source, true) as Timer<unknown>;
      // Its pane says when it fires as well.
      const timeless = timer.clearBit ? timer : { ...timer, fireTimestamp: 0, pane: NO_FIRING_PANE };
      tidied.push(encodeToBytes(coder, timeless, true));
    }
    return Buffer.concat(tidied);
  };
}

function withoutFiringTime(timers: Elements_Timers, clocks: Clocks): Elements_Timers {
  const tidied = clocks.get(familyOf(timers.transformId, timers.timerFamilyId));
  return tidied === undefined ? timers : { ...timers, timers: tidied(timers.timers) };
}

export type DescriptorLine = Extract<MessageLine, { on: 'descriptor' }>;
export const isDescriptor = (line: Line): line is DescriptorLine => line.from === 'engine' && line.on === 'descriptor';
