import type { StatefulRuntime } from '../../kernel/index.js';
import type { LiveState } from './live-state.js';
import type { LiveTimer } from './live-timer.js';
import type { StateTable } from './state-table.js';

/** Does what is to be done when windows expire: one key or one timer at a time, so that the output can become full in between. */
export class ExpiringWindows {
  /** At the end of all input: the timers by the clock of a window that is about to go, the last one first. */
  private last: { readonly table: StateTable; readonly timers: LiveTimer[] } | undefined;

  constructor(
    private readonly runtime: StatefulRuntime,
    private readonly state: LiveState,
    private readonly fire: (timer: LiveTimer) => void,
    private readonly warn: (message: string) => void,
  ) {}

  /** Goes on with the first of them. `isEnd`: nothing more comes in. */
  advance(isEnd: boolean): void {
    const { runtime, state } = this;
    const table = state.expiries.firstValue!;
    if (isEnd && table.clockTimers > 0) {
      this.fireLast(table);
      return;
    }
    if (runtime.expires) {
      if (table.expired === 0) state.forgetOld();
      while (table.expired < table.length) {
        const row = table.expired++;
        if (!table.isTaken(row)) continue;
        runtime.expire(table.keys[row], table.window);
        state.leave();
        if (table.isTaken(row)) state.forget(table, row);
        return;
      }
    }
    state.expiries.pop();
    state.drop(table);
    if (isEnd && state.refused > 0) this.warnOfRefused();
  }

  /** The clock would come to it, but there is nothing else left to wait for. What it sets anew by the clock is not waited for. */
  private fireLast(table: StateTable): void {
    const { state } = this;
    if (this.last?.table !== table || this.last.timers.length === 0) {
      const timers: LiveTimer[] = [];
      for (let row = 0; row < table.length; row++) {
        for (const timer of table.timersOf(row))
          if (timer.isSet && timer.timeDomain === 'PROCESSING_TIME') timers.push(timer);
      }
      this.last = { table, timers: timers.sort((a, b) => b.firing - a.firing) };
    }
    const timer = this.last.timers.pop()!;
    if (!timer.isSet) return;
    state.timers.clear(timer);
    state.isEnding = true;
    this.fire(timer);
    state.isEnding = false;
  }

  private warnOfRefused(): void {
    const { state } = this;
    this.warn(`${state.refused} timers by the clock were set when the input had come to its end, and did not fire`);
    state.refused = 0;
  }
}
