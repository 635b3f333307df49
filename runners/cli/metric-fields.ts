import type { MetricResult } from '../../sdk/model/metrics.js';

/** Step → its metrics by name, as they are logged. Counters that never moved are left out. */
export function metricFields(metrics: readonly MetricResult[]): ReadonlyMap<string, Record<string, unknown>> {
  const steps = new Map<string, Record<string, unknown>>();
  for (const metric of metrics) {
    if (metric.kind === 'counter' && metric.value === 0) continue;
    const fields = steps.get(metric.step) ?? {};
    steps.set(metric.step, { ...fields, [metric.name]: shown(metric) });
  }
  return steps;
}

function shown(metric: MetricResult): unknown {
  switch (metric.kind) {
    case 'counter':
    case 'stringSet':
      return metric.value;
    case 'gauge':
      return metric.value.value;
    case 'distribution':
      return { ...metric.value, mean: metric.value.sum / metric.value.count };
  }
}
