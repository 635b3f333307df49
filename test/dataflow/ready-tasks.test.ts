import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReadyTasks, type Turning } from '#millrace/runners/dataflow/ready-tasks.js';

interface Fake extends Turning {
  readonly name: number;
  outputWatermark: number;
}

const fakes = (count: number): Fake[] =>
  Array.from({ length: count }, (_, name) => ({ name, outputWatermark: 0, place: -1, isReady: false }));

describe('tasks that are ready', () => {
  it('consumers are taken in order from any place on, as from a sorted list', () => {
    const step = fc.record({ add: fc.array(fc.nat(99), { maxLength: 8 }), from: fc.nat(110) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tasks = fakes(100);
        const ready = new ReadyTasks(tasks);
        const model = new Set<number>();
        for (const { add, from } of steps) {
          for (const name of add) {
            ready.add(tasks[name]!);
            model.add(name);
          }
          const expected = [...model].filter((name) => name >= from).sort((a, b) => a - b)[0];
          expect(ready.takeConsumer(from)?.name).toBe(expected);
          if (expected !== undefined) model.delete(expected);
          expect(ready.isEmpty).toBe(model.size === 0);
        }
      }),
    );
  });

  it('sources are taken by their watermarks, and those of one watermark by how long they have waited', () => {
    const step = fc.oneof(fc.constant('take' as const), fc.record({ name: fc.nat(19), watermark: fc.nat(5) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const tasks = fakes(20);
        const ready = new ReadyTasks<Fake>([]);
        let model: Fake[] = [];
        for (const step of steps) {
          if (step === 'take') {
            const least = Math.min(...model.map((task) => task.outputWatermark));
            const expected = model.find((task) => task.outputWatermark === least);
            expect(ready.takeSource()).toBe(expected);
            model = model.filter((task) => task !== expected);
          } else {
            const task = tasks[step.name]!;
            if (!model.includes(task)) {
              task.outputWatermark = step.watermark;
              model.push(task);
            }
            ready.add(task);
          }
          expect(ready.isEmpty).toBe(model.length === 0);
        }
      }),
    );
  });
});
