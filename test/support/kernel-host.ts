import type { KernelHost } from '#millrace/runners/kernel/index.js';

/** A host for parts of the kernel that need none of it. */
export const kernelHost: KernelHost = {
  resolver: { resolve: unused, instantiate: unused },
  coder: unused,
  metrics: () => ({ counter: () => ({ inc() {} }) }),
  log() {},
  signal: new AbortController().signal,
  job: 'test',
};

function unused(): never {
  throw new Error('not used here');
}
