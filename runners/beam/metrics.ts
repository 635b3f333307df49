import { create } from '@bufbuild/protobuf';
import { type MonitoringInfo, MonitoringInfoSchema } from './generated/metrics_pb.js';
import { decodeVarint, encodeVarint } from './varint.js';

const ELEMENT_COUNT = 'beam:metric:element_count:v1';
const READ_INDEX = 'beam:metric:data_channel:read_index:v1';
const SUM_INT64 = 'beam:metrics:sum_int64:v1';

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

/** PCollection id → elements, among an engine's metrics. */
export function elementCountsFromBeam(infos: readonly MonitoringInfo[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { urn, payload, labels } of infos) {
    const id = labels.PCOLLECTION;
    if (urn === ELEMENT_COUNT && id !== undefined) counts.set(id, (counts.get(id) ?? 0) + decodeVarint(payload));
  }
  return counts;
}
