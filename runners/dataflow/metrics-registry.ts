import type { Counter, CounterResult, Metrics } from '../../sdk/model/index.js';

class CounterCell implements Counter {
  value = 0;
  inc(by = 1): void {
    this.value += by;
  }
}

/** The counters of one thread, by step and name. */
export class MetricsRegistry {
  private readonly steps = new Map<string, Map<string, CounterCell>>();

  forStep(step: string): Metrics {
    let counters = this.steps.get(step);
    if (counters === undefined) {
      counters = new Map();
      this.steps.set(step, counters);
    }
    const own = counters;
    return {
      counter(name) {
        let cell = own.get(name);
        if (cell === undefined) {
          cell = new CounterCell();
          own.set(name, cell);
        }
        return cell;
      },
    };
  }

  results(): CounterResult[] {
    const results: CounterResult[] = [];
    for (const [step, counters] of this.steps) {
      for (const [name, { value }] of counters) results.push({ step, name, value });
    }
    return results;
  }
}

/** Sums the counters of several threads. */
export function mergeCounters(lists: readonly (readonly CounterResult[])[]): CounterResult[] {
  const sums = new Map<string, CounterResult>();
  for (const counter of lists.flat()) {
    const id = JSON.stringify([counter.step, counter.name]);
    const sum = sums.get(id);
    sums.set(id, sum === undefined ? counter : { ...sum, value: sum.value + counter.value });
  }
  return [...sums.values()];
}
