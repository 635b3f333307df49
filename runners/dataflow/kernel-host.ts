import { coderFromSpec } from '../../sdk/coders/index.js';
import type { Coder, FunctionResolver, LogSink, Plan } from '../../sdk/model/index.js';
import type { KernelHost } from '../kernel/index.js';
import type { MetricsRegistry } from './metrics-registry.js';

export interface KernelHostOptions {
  readonly plan: Plan;
  readonly resolver: FunctionResolver;
  readonly metrics: MetricsRegistry;
  readonly log: LogSink;
  readonly signal: AbortSignal;
}

/** The host of kernels that run a plan in this process. */
export function kernelHost({ plan, resolver, metrics, log, signal }: KernelHostOptions): KernelHost {
  const coders = new Map<string, Coder<unknown>>();
  return {
    resolver,
    signal,
    job: plan.name,
    metrics: (step) => metrics.forStep(step),
    log: (level, message, step, fields) => log({ level, message, step, ...(fields !== undefined && { fields }) }),
    coder(pcollectionId) {
      const id = plan.components.pcollections[pcollectionId]!.coderId;
      let coder = coders.get(id);
      if (coder === undefined) {
        coder = coderFromSpec(id, plan.components.coders);
        coders.set(id, coder);
      }
      return coder;
    },
  };
}
