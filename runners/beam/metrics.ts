import { create } from '@bufbuild/protobuf';
import type { CounterResult } from '../../sdk/model/index.js';
import { type MonitoringInfo, MonitoringInfoSchema } from './generated/metrics_pb.js';
import { decodeVarint, encodeVarint } from './varint.js';

const USER_SUM = 'beam:metric:user:sum_int64:v1';
const ELEMENT_COUNT = 'beam:metric:element_count:v1';
const READ_INDEX = 'beam:metric:data_channel:read_index:v1';
const SUM_INT64 = 'beam:metrics:sum_int64:v1';

/**
 * A counter of the author's. The namespace is the full name of the step: engines give the transforms that they make out
 * of one step ids of their own, so the label PTRANSFORM does not lead back to it.
 */
export const counterToBeam = (counter: CounterResult, transformId: string): MonitoringInfo =>
  create(MonitoringInfoSchema, {
    urn: USER_SUM,
    type: SUM_INT64,
    payload: encodeVarint(counter.value),
    labels: { PTRANSFORM: transformId, NAMESPACE: counter.step, NAME: counter.name },
  });

/** How many elements a PCollection held in this bundle. */
export const elementCountToBeam = (pcollectionId: string, count: number): MonitoringInfo =>
  create(MonitoringInfoSchema, {
    urn: ELEMENT_COUNT,
    type: SUM_INT64,
    payload: encodeVarint(count),
    labels: { PCOLLECTION: pcollectionId },
  });

/** How many elements of its input a bundle has begun. */
export const readIndexToBeam = (transformId: string, index: number): MonitoringInfo =>
  create(MonitoringInfoSchema, {
    urn: READ_INDEX,
    type: SUM_INT64,
    payload: encodeVarint(index),
    labels: { PTRANSFORM: transformId },
  });

/** The author's counters among an engine's metrics, summed by step and name, in the order of these. */
export function countersFromBeam(infos: readonly MonitoringInfo[]): readonly CounterResult[] {
  const counters = new Map<string, CounterResult>();
  for (const { urn, payload, labels } of infos) {
    if (urn !== USER_SUM) continue;
    const step = labels.NAMESPACE ?? '';
    const name = labels.NAME ?? '';
    const key = JSON.stringify([step, name]);
    counters.set(key, { step, name, value: (counters.get(key)?.value ?? 0) + decodeVarint(payload) });
  }
  return [...counters].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, counter]) => counter);
}

/** PCollection id → elements, among an engine's metrics. */
export function elementCountsFromBeam(infos: readonly MonitoringInfo[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { urn, payload, labels } of infos) {
    const id = labels.PCOLLECTION;
    if (urn === ELEMENT_COUNT && id !== undefined) counts.set(id, (counts.get(id) ?? 0) + decodeVarint(payload));
  }
  return counts;
}
