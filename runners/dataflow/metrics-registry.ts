import { type MetricResult, type Metrics, mergeMetrics } from '../../sdk/model/index.js';
import { MetricCells } from '../kernel/index.js';
import { systemClock } from './clock.js';

/** The metrics of the tasks of one thread. Each task has its own, because a barrier passes each at another moment. */
export class MetricsRegistry {
  private readonly tasks: MetricCells[] = [];
  /** Of what belongs to no task. */
  private readonly shared: MetricCells;

  constructor(private readonly now: () => number = systemClock.now) {
    this.shared = this.forTask();
  }

  forTask(): MetricCells {
    const cells = new MetricCells(this.now);
    this.tasks.push(cells);
    return cells;
  }

  forStep(step: string): Metrics {
    return this.shared.forStep(step);
  }

  /** Epochs up to this one are finalised. */
  commit(epoch: number): void {
    for (const cells of this.tasks) cells.commit(epoch);
  }

  results(): MetricResult[] {
    return mergeMetrics(this.tasks.map((cells) => cells.results()));
  }
}
