import type { Counter, CounterResult, Metrics } from '../../sdk/model/index.js';

class Cell implements Counter {
  value = 0;
  inc(by = 1): void {
    this.value += by;
  }
}

/** The author's counters of one kernel thread. A bundle reports what it added: the cells start at 0 with each. */
export class Counters {
  readonly #steps = new Map<string, Map<string, Cell>>();

  forStep(step: string): Metrics {
    let cells = this.#steps.get(step);
    if (cells === undefined) {
      cells = new Map();
      this.#steps.set(step, cells);
    }
    const own = cells;
    return {
      counter(name) {
        let cell = own.get(name);
        if (cell === undefined) {
          cell = new Cell();
          own.set(name, cell);
        }
        return cell;
      },
    };
  }

  /** What was counted since the last call. */
  take(): CounterResult[] {
    const results: CounterResult[] = [];
    for (const [step, cells] of this.#steps)
      for (const [name, cell] of cells) {
        if (cell.value === 0) continue;
        results.push({ step, name, value: cell.value });
        cell.value = 0;
      }
    return results;
  }
}
