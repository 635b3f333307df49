import type { Metrics } from 'millrace';
import type { KernelHost } from '#millrace/runners/kernel/index.js';

/** Metrics that nobody reads. */
export const noMetrics: Metrics = {
  counter: () => ({ inc() {} }),
  distribution: () => ({ update() {} }),
  gauge: () => ({ set() {} }),
  stringSet: () => ({ add() {} }),
};

/** A host for parts of the kernel that need none of it. */
export const kernelHost: KernelHost = {
  resolver: { resolve: unused, instantiate: unused },
  coder: unused,
  metrics: () => noMetrics,
  log() {},
  signal: new AbortController().signal,
  job: 'test',
};

function unused(): never {
  throw new Error('not used here');
}
