import type { Counter, DoFn, DoFnContext, ProcessContext } from 'millrace';

/** Names of the counters that together hold a checksum; each half stays far from 2^53 over any number of bundles. */
export const CHECKSUM_COUNTERS = { low: 'checksum_low', high: 'checksum_high', count: 'out_count' } as const;

/**
 * The end of a workload: the sum of the hashes of all records modulo 2^32, which does not depend on their order, kept in
 * counters, because these are what every runner adds up over its tasks.
 */
export class Checksum<T> implements DoFn<T, never> {
  #sum = 0;
  #count = 0;
  #low!: Counter;
  #high!: Counter;
  #outCount!: Counter;

  constructor(private readonly hash: (record: T, context: ProcessContext<never>) => number) {}

  setup({ metrics }: DoFnContext): void {
    this.#low = metrics.counter(CHECKSUM_COUNTERS.low);
    this.#high = metrics.counter(CHECKSUM_COUNTERS.high);
    this.#outCount = metrics.counter(CHECKSUM_COUNTERS.count);
  }

  startBundle(): void {
    this.#sum = 0;
    this.#count = 0;
  }

  process(record: T, context: ProcessContext<never>): void {
    this.#sum = (this.#sum + this.hash(record, context)) | 0;
    this.#count++;
  }

  finishBundle(): void {
    this.#low.inc(this.#sum & 0xffff);
    this.#high.inc(this.#sum >>> 16);
    this.#outCount.inc(this.#count);
  }
}
