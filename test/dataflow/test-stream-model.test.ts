import fc from 'fast-check';
import { fixedWindows, type ProcessContext } from 'millrace';
import { testPipeline, testStream, timestamped } from 'millrace/testing';
import { describe, expect, it } from 'vitest';

describe('windows under a test stream', () => {
  const SIZE = 10;
  const step = fc.oneof(
    fc.record({ at: fc.integer({ min: -30, max: 60 }), more: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ ahead: fc.integer({ min: 1, max: 15 }) }),
    fc.record({ passes: fc.integer({ min: 1, max: 3_000 }) }),
  );

  it('keep and drop what a slow model does', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer({ min: 0, max: 20 }), async (steps, lateness) => {
        let script = testStream<string>();
        const model = new Model(SIZE, lateness);
        let made = 0;
        let watermark = -40;
        script = script.advanceWatermark(watermark);
        model.advance(watermark);
        for (const each of steps) {
          if ('at' in each) {
            const elements = Array.from({ length: each.more + 1 }, (_, i) => timestamped(`e${made++}`, each.at + i));
            script = script.addElements(...elements);
            model.add(elements);
          } else if ('ahead' in each) {
            watermark += each.ahead;
            script = script.advanceWatermark(watermark);
            model.advance(watermark);
          } else {
            script = script.advanceProcessingTime(each.passes);
          }
        }
        model.end();
        const kept: string[] = [];
        await testPipeline((p) => {
          p.apply(script)
            .windowInto(fixedWindows(SIZE), { allowedLateness: lateness })
            .keyBy(() => 'k')
            .groupByKey()
            .parDo('Kept', () => ({
              process({ value }: { value: Iterable<string> }, { window, pane }: ProcessContext<never>): void {
                for (const word of value) kept.push(`${word} [${window.start}) ${pane.timing}`);
              },
            }));
        });
        expect(kept.sort()).toEqual(model.kept.sort());
      }),
      { seed: 5, numRuns: 60 },
    );
  });
});

/** What becomes of each element of fixed windows under the default trigger, one at a time. */
class Model {
  readonly kept: string[] = [];
  private readonly open: { readonly value: string; readonly start: number }[] = [];
  private watermark = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly size: number,
    private readonly lateness: number,
  ) {}

  add(elements: readonly { readonly value: string; readonly timestamp: number }[]): void {
    for (const { value, timestamp } of elements) {
      const start = Math.floor(timestamp / this.size) * this.size;
      const last = start + this.size - 1;
      if (this.watermark > last + this.lateness) continue;
      if (this.watermark > last) this.kept.push(`${value} [${start}) LATE`);
      else this.open.push({ value, start });
    }
  }

  advance(watermark: number): void {
    this.watermark = watermark;
    this.fire(watermark);
  }

  private fire(watermark: number): void {
    for (const each of this.open.splice(0)) {
      if (watermark > each.start + this.size - 1) this.kept.push(`${each.value} [${each.start}) ON_TIME`);
      else this.open.push(each);
    }
  }

  end(): void {
    this.fire(Number.POSITIVE_INFINITY);
  }
}
