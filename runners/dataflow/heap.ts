/** A binary heap of values by time, least first. */
export class TimeHeap<T> {
  private readonly times: number[] = [];
  private readonly values: T[] = [];

  get size(): number {
    return this.times.length;
  }

  /** Time of the first entry; infinite when there is none. */
  get first(): number {
    return this.times.length === 0 ? Number.POSITIVE_INFINITY : this.times[0]!;
  }

  /** Value of the first entry. */
  get firstValue(): T | undefined {
    return this.values[0];
  }

  push(time: number, value: T): void {
    const { times, values } = this;
    let at = times.length;
    times.push(time);
    values.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent]! <= time) break;
      times[at] = times[parent]!;
      values[at] = values[parent]!;
      at = parent;
    }
    times[at] = time;
    values[at] = value;
  }

  /** Drops the entries that need not be kept. */
  retain(isKept: (time: number, value: T) => boolean): void {
    const times = this.times.splice(0);
    const values = this.values.splice(0);
    for (let i = 0; i < times.length; i++) if (isKept(times[i]!, values[i]!)) this.push(times[i]!, values[i]!);
  }

  pop(): T | undefined {
    const { times, values } = this;
    const first = values[0];
    const time = times.pop();
    const value = values.pop();
    const size = times.length;
    if (size === 0 || time === undefined) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= time) break;
      times[at] = times[child]!;
      values[at] = values[child]!;
      at = child;
    }
    times[at] = time;
    values[at] = value as T;
    return first;
  }
}
