import {
  type BoundedWindow,
  buildPlan,
  definePipeline,
  GlobalWindow,
  MAIN_TAG,
  NO_FIRING_PANE,
  type SplittableDoFn,
  type Timestamp,
} from 'millrace';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { batchOutput } from '#millrace/runners/dataflow/reader-output.js';
import { SourceOperator } from '#millrace/runners/dataflow/source-operator.js';
import { workCoder } from '#millrace/runners/dataflow/source-snapshot.js';
import { Batch, OutputBuffer, OutputGate, type StepSpec } from '#millrace/runners/kernel/index.js';
import { noMetrics } from '../support/kernel-host.js';

/** What came out of a source: value and timestamp. */
export type Emitted = readonly [unknown, Timestamp];

/** A source operator by itself, as a task of a plan makes it. */
export function sourceTask<I, O, R, P>(make: () => SplittableDoFn<I, O, R, P>, out: Emitted[] = []) {
  const definition = definePipeline({
    name: 'source',
    build: (p) => {
      p.create<I>('Work', []).read('Source', make);
    },
  });
  const { plan } = buildPlan(definition, { inline: true });
  const found = Object.entries(plan.components.transforms).find(([, { uniqueName }]) => uniqueName === 'Source');
  const [id, transform] = found!;
  const step: StepSpec = { id, transform: { ...transform, inputs: { [MAIN_TAG]: 'pairs' } } };
  const gate = new OutputGate();
  const clock = new VirtualClock();
  const accept = (batch: Batch): boolean => {
    for (let i = 0; i < batch.length; i++) out.push([batch.values[i], batch.timestamps[i]!]);
    return true;
  };
  const port = new OutputBuffer(false, { accept }, gate);
  const context = {
    step: 'Source',
    job: 'test',
    metrics: noMetrics,
    signal: new AbortController().signal,
    log: () => {},
  };
  const splittable = make() as unknown as SplittableDoFn<unknown, unknown, unknown, unknown>;
  const openOutput = batchOutput([port]);
  const parts = {
    step,
    splittable,
    context,
    coder: () => workCoder(step, plan),
    openOutput,
    gate,
    clock,
    wake() {},
    batchCapacity: 1_024,
  };
  const operator = new SourceOperator(parts as never);
  return {
    operator,
    clock,
    out,
    /** Hands it work on an element. */
    give(element: I, restriction: R, timestamp: Timestamp = 0, window: BoundedWindow = GlobalWindow.INSTANCE): void {
      const batch = new Batch(false);
      batch.append({ element, restriction }, timestamp, window, NO_FIRING_PANE);
      operator.process(batch, 0);
    },
    poll(): string {
      const outcome = operator.poll();
      port.flush();
      return outcome;
    },
    /** Works until nothing is left, letting time pass where it is waited for. */
    async finish(): Promise<void> {
      for (;;) {
        operator.resume();
        const outcome = operator.poll();
        port.flush();
        if (outcome !== 'idle') continue;
        const at = clock.next();
        if (at !== undefined) clock.advance(at - clock.now());
        else {
          await new Promise<void>((resolve) => setImmediate(resolve));
          if (operator.poll() === 'idle' && clock.next() === undefined) break;
        }
      }
      port.flush();
    },
  };
}
