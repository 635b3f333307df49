import { buildPlan, type DoFn, definePipeline, type KV, type PCollection, type Pipeline } from 'millrace';
import { keyHash } from 'millrace/coders';
import { kernelHost, MetricsRegistry, planToGraph, VirtualClock } from '#millrace/runners/dataflow/index.js';
import { keyGroups } from '#millrace/runners/dataflow/key-groups.js';
import { makeOperator } from '#millrace/runners/dataflow/operator-factory.js';
import type { StatefulOperator } from '#millrace/runners/dataflow/stateful-operator.js';
import {
  OutputBuffer,
  OutputGate,
  readSnapshots,
  takeSnapshot,
  windowAssigner,
} from '#millrace/runners/kernel/index.js';

export interface Emitted {
  readonly value: unknown;
  readonly timestamp: number;
}

type Build = (input: PCollection<KV<string, unknown>>) => PCollection<unknown>;

/** The only stateful step of a pipeline, without the pipeline: elements, watermarks and the clock are a test's. */
export class StatefulHost {
  readonly clock = new VirtualClock(1_000);
  readonly metrics = new MetricsRegistry();
  readonly warnings: string[] = [];
  readonly gate = new OutputGate();
  /** Key groups are dealt out to these in turn. */
  owners: StatefulOperator[];
  private out: Emitted[] = [];
  private readonly make: () => StatefulOperator;
  private readonly keyGroup: (key: unknown) => number;
  private readonly assigner;

  constructor(build: Build, windowed: (input: PCollection<KV<string, unknown>>) => PCollection<KV<string, unknown>>) {
    const pipeline = (p: Pipeline): void => {
      const pairs = p.create<KV<string, unknown>>('Pairs', []);
      build(windowed(pairs)).parDo('Take', (): DoFn<unknown, unknown> => ({ process() {} }));
    };
    const { plan, resolver } = buildPlan(definePipeline({ name: 'stateful', build: pipeline }), { inline: true });
    const graph = planToGraph(plan);
    const spec = graph.operators.find(({ kind }) => kind === 'stateful')!;
    const host = kernelHost({
      plan,
      resolver,
      metrics: this.metrics,
      log: ({ message }) => this.warnings.push(message),
      signal: new AbortController().signal,
    });
    const take = {
      accept: (batch: { length: number; values: unknown[]; timestamps: Float64Array }): boolean => {
        for (let i = 0; i < batch.length; i++)
          this.out.push({ value: batch.values[i], timestamp: batch.timestamps[i]! });
        return true;
      },
    };
    this.make = () => {
      const ports = new Map([[spec.outputs[0]!, [new OutputBuffer(false, take, this.gate, 1)]]]);
      const site = { ports, gate: this.gate, wake: () => {} };
      return makeOperator(
        spec,
        0,
        { plan, host, clock: this.clock, placement: { parallelism: 1 } },
        site,
      ) as StatefulOperator;
    };
    const input = Object.values(spec.steps[0]!.transform.inputs)[0]!;
    const { windowingStrategyId } = plan.components.pcollections[input]!;
    this.assigner = windowAssigner(plan.components.windowingStrategies[windowingStrategyId]!.windowFn);
    this.keyGroup = keyGroups(keyHash(host.coder(input).components[0]!));
    this.owners = [this.make()];
  }

  /** What was emitted since the last time. */
  take(): Emitted[] {
    return this.out.splice(0);
  }

  process(key: string, value: unknown, timestamp: number): void {
    const owner = this.owners[this.keyGroup(key) % this.owners.length]!;
    const batches = new OutputBuffer(true, { accept: (batch) => owner.process(batch, 0) >= 0 }, new OutputGate(), 1);
    batches.pushKeyed(key, value, timestamp, this.assigner.assign(timestamp), {
      timing: 'UNKNOWN',
      isFirst: true,
      isLast: true,
      index: 0,
      nonSpeculativeIndex: 0,
    });
    this.settle();
  }

  watermark(timestamp: number): void {
    for (const owner of this.owners) owner.onWatermark(timestamp);
    this.settle();
  }

  advance(byMs: number): void {
    this.clock.advance(byMs);
    this.settle();
  }

  get outputWatermark(): number {
    return Math.min(...this.owners.map((owner) => owner.outputWatermark()));
  }

  dropped(): number {
    const found = this.metrics.results().find(({ name }) => name === 'millrace:dropped_late');
    return found?.kind === 'counter' ? found.value : 0;
  }

  barrier(epoch: number): number | undefined {
    for (const owner of this.owners) owner.onBarrier(epoch, false, epoch);
    const held = this.owners.map((owner) => owner.oldestHeldEpoch()).filter((epoch) => epoch !== undefined);
    return held.length === 0 ? undefined : Math.min(...held);
  }

  /** Writes all owners down, and makes so many others of them. */
  async restore(owners: number): Promise<void> {
    const snapshots = this.owners.map((owner) => takeSnapshot(owner));
    for (const owner of this.owners) await owner.teardown();
    this.owners = Array.from({ length: owners }, (_, i) => {
      const operator = this.make();
      operator.restore(
        readSnapshots(
          snapshots,
          (group) => group % owners === i,
          () => i === 0,
        ),
      );
      return operator;
    });
  }

  private settle(): void {
    for (const owner of this.owners) while (!owner.resume()) this.gate.blocked = false;
  }
}

/** What a step has emitted since it was last asked, without timestamps. */
export const values = (host: StatefulHost): unknown[] => host.take().map(({ value }) => value);
