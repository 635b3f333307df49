import type { DoFn, DoFnContext, ProcessContext } from '../../sdk/model/index.js';
import { checkSameThread, type MemoryRecord, memory } from './memory.js';

/** Adds what it gets to a memory, whole bundles at a time: what a failed bundle wrote does not show. */
export class WriteToMemoryFn<T> implements DoFn<T, never> {
  private bundle: MemoryRecord<T>[] = [];

  constructor(private readonly name: string) {}

  setup(context: DoFnContext): void {
    checkSameThread(this.name, context.step);
  }

  process(value: T, { timestamp, window, pane }: ProcessContext<never>): void {
    this.bundle.push({ value, timestamp, window, pane });
  }

  finishBundle(): void {
    memory<T>(this.name).addRecords(this.bundle);
    this.bundle = [];
  }
}
