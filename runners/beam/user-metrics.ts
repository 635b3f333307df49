import { create } from '@bufbuild/protobuf';
import { BytesSource, GrowableSink } from '../../sdk/coders/index.js';
import { type DistributionValue, type GaugeValue, type MetricResult, mergeMetrics } from '../../sdk/model/index.js';
import { type MonitoringInfo, MonitoringInfoSchema } from './generated/metrics_pb.js';

/** What the payload of a user's metric holds, in Beam's words. What is not whole goes as doubles. */
const SHAPES = [
  'sum_int64',
  'sum_double',
  'distribution_int64',
  'distribution_double',
  'latest_int64',
  'latest_double',
  'set_string',
] as const;
type Shape = (typeof SHAPES)[number];

const BY_URN = new Map<string, Shape>(SHAPES.map((shape) => [`beam:metric:user:${shape}:v1`, shape]));

/**
 * A metric of the author's. The namespace is the full name of the step: engines give the transforms that they make out
 * of one step ids of their own, so the label PTRANSFORM does not lead back to it.
 */
export function metricToBeam(metric: MetricResult, transformId: string): MonitoringInfo {
  const sink = new GrowableSink();
  const shape = write(metric, sink);
  return create(MonitoringInfoSchema, {
    urn: `beam:metric:user:${shape}:v1`,
    type: `beam:metrics:${shape}:v1`,
    payload: sink.toBytes(),
    labels: { PTRANSFORM: transformId, NAMESPACE: metric.step, NAME: metric.name },
  });
}

function write(metric: MetricResult, sink: GrowableSink): Shape {
  const number = (value: number, whole: boolean) => (whole ? sink.varint64(BigInt(value)) : sink.float64(value));
  switch (metric.kind) {
    case 'counter': {
      const whole = Number.isSafeInteger(metric.value);
      number(metric.value, whole);
      return whole ? 'sum_int64' : 'sum_double';
    }
    case 'distribution': {
      const { sum, count, min, max } = metric.value;
      const whole = [sum, min, max].every(Number.isSafeInteger);
      sink.varint64(BigInt(count));
      for (const value of [sum, min, max]) number(value, whole);
      return whole ? 'distribution_int64' : 'distribution_double';
    }
    case 'gauge': {
      const { value, timestamp } = metric.value;
      const whole = Number.isSafeInteger(value);
      sink.varint64(BigInt(timestamp));
      number(value, whole);
      return whole ? 'latest_int64' : 'latest_double';
    }
    case 'stringSet':
      sink.int32(metric.value.length);
      for (const value of metric.value) sink.prefixedUtf8(value);
      return 'set_string';
  }
}

/** The author's metrics among an engine's, merged by step and name, in the order of these. */
export function metricsFromBeam(
  attempted: readonly MonitoringInfo[],
  committed: readonly MonitoringInfo[] = [],
): readonly MetricResult[] {
  const done = new Map(read(committed).map((metric) => [idOf(metric), metric]));
  const all = new Map(done);
  // Engines fill one of the two, or both, where what is committed is a part of what was attempted.
  for (const metric of read(attempted)) all.set(idOf(metric), metric);
  return [...all]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, metric]) => {
      const value = done.get(id)?.value;
      return (value === undefined ? metric : { ...metric, committed: value }) as MetricResult;
    });
}

const idOf = ({ step, name, kind }: MetricResult): string => JSON.stringify([step, name, kind]);

function read(infos: readonly MonitoringInfo[]): MetricResult[] {
  return mergeMetrics([
    infos.flatMap(({ urn, payload, labels }) => {
      const shape = BY_URN.get(urn);
      if (shape === undefined) return [];
      return readOne(shape, new BytesSource(payload), labels.NAMESPACE ?? '', labels.NAME ?? '') ?? [];
    }),
  ]);
}

function readOne(shape: Shape, from: BytesSource, step: string, name: string): MetricResult | undefined {
  const whole = () => Number(BigInt.asIntN(64, from.varint64()));
  const number = shape.endsWith('_double') ? () => from.float64() : whole;
  switch (shape) {
    case 'sum_int64':
    case 'sum_double':
      return { kind: 'counter', step, name, value: number() };
    case 'distribution_int64':
    case 'distribution_double': {
      const value: DistributionValue = { count: whole(), sum: number(), min: number(), max: number() };
      return value.count === 0 ? undefined : { kind: 'distribution', step, name, value };
    }
    case 'latest_int64':
    case 'latest_double': {
      const value: GaugeValue = { timestamp: whole(), value: number() };
      return { kind: 'gauge', step, name, value };
    }
    case 'set_string': {
      const count = from.int32();
      const value = Array.from({ length: count }, () => from.utf8(from.varint())).sort();
      return count === 0 ? undefined : { kind: 'stringSet', step, name, value };
    }
  }
}
