import { TimeHeap } from './heap.js';

/** One instant that something has at a time, and that may move: infinite while there is none. */
export class Alarm<T> {
  at = Number.POSITIVE_INFINITY;
  /** Where its entry stands in the heap; other entries are stale. */
  queuedAt = Number.POSITIVE_INFINITY;
  constructor(readonly of: T) {}
}

/**
 * Alarms in order of time. One that moves on costs nothing until its old instant comes, so that an instant that is put off
 * with every element is no entry for each.
 */
export class Alarms<T> {
  private readonly heap = new TimeHeap<Alarm<T>>();

  set(alarm: Alarm<T>, at: number): void {
    alarm.at = at;
    if (at >= alarm.queuedAt) return;
    alarm.queuedAt = at;
    this.heap.push(at, alarm);
  }

  clear(alarm: Alarm<T>): void {
    alarm.at = Number.POSITIVE_INFINITY;
  }

  /** Instant of the first alarm; infinite when there is none. */
  get first(): number {
    const { heap } = this;
    for (;;) {
      const time = heap.first;
      const alarm = heap.firstValue;
      if (alarm === undefined) return Number.POSITIVE_INFINITY;
      const isEntry = alarm.queuedAt === time;
      if (isEntry && alarm.at === time) return time;
      heap.pop();
      if (!isEntry) continue;
      alarm.queuedAt = Number.POSITIVE_INFINITY;
      if (alarm.at !== Number.POSITIVE_INFINITY) this.set(alarm, alarm.at);
    }
  }

  /** Takes the first alarm away; only where {@link first} is an instant. */
  take(): T {
    const alarm = this.heap.pop()!;
    alarm.queuedAt = Number.POSITIVE_INFINITY;
    alarm.at = Number.POSITIVE_INFINITY;
    return alarm.of;
  }
}
