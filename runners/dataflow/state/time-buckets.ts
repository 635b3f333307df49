import type { Timestamp } from '../../../sdk/model/index.js';
import { Fifo } from '../fifo.js';
import { TimeHeap } from '../heap.js';

/** Values in order of time; those of one time in the order in which they came. */
export class TimeBuckets<T> {
  private readonly times = new TimeHeap<Fifo<T>>();
  private readonly buckets = new Map<Timestamp, Fifo<T>>();

  /** The time of the first; infinite where there is none. */
  get first(): Timestamp {
    return this.times.first;
  }

  push(time: Timestamp, value: T): void {
    let bucket = this.buckets.get(time);
    if (bucket === undefined) {
      bucket = new Fifo();
      this.buckets.set(time, bucket);
      this.times.push(time, bucket);
    }
    bucket.push(value);
  }

  shift(): T | undefined {
    const time = this.times.first;
    const bucket = this.times.firstValue;
    const value = bucket?.shift();
    if (bucket?.isEmpty === true) {
      this.times.pop();
      this.buckets.delete(time);
    }
    return value;
  }

  *entries(): Generator<readonly [Timestamp, T]> {
    for (const [time, bucket] of this.buckets) for (const value of bucket) yield [time, value];
  }
}
