import { keyGroupOf, keyHash, keyIdentity } from '../../sdk/coders/index.js';
import {
  BEAM_TRANSFORM,
  BEAM_WINDOW_FN,
  type Coder,
  type CombineFn,
  type DoFnContext,
  type DoFnPayload,
  MAIN_TAG,
  type Plan,
  SYSTEM_COUNTER,
} from '../../sdk/model/index.js';
import {
  combineFnOf,
  doFnSpec,
  type KernelHost,
  makeAsyncStep,
  makeSteps,
  OutputBuffer,
  OutputGate,
  type OutputPort,
  PartitionedOutput,
  Segment,
  type StepSpec,
} from '../kernel/index.js';
import { AsyncOperator } from './async-operator.js';
import { type ChannelReceiver, type ChannelSender, LocalChannel } from './channel.js';
import type { Clock } from './clock.js';
import type { DataflowGraph, EdgeSpec, OperatorSpec } from './graph.js';
import { collectAccumulatingValues, collectValues } from './group-spec.js';
import { ImpulseOperator } from './impulse-operator.js';
import { InputGate } from './input-gate.js';
import type { Operator } from './operator.js';
import { PrecombineOperator } from './precombine-operator.js';
import { SegmentOperator } from './segment-operator.js';
import { SessionGroupOperator } from './session-group-operator.js';
import { SliceGroupOperator } from './slice-group-operator.js';
import { SourceOperator } from './source-operator.js';
import { type AnySplittable, SplitOperator } from './split-operator.js';
import { Task, type TaskEvents } from './task.js';
import { WindowGroupOperator } from './window-group-operator.js';

/** Key groups that keys are hashed into; tasks own ranges of them, so that parallelism may change. */
export const KEY_GROUPS = 32_768;

/** Which tasks run where, and how those of different threads are joined. */
export interface TaskPlacement {
  /** Tasks of an operator whose parallelism is `all`. */
  readonly parallelism: number;
  /** Whether the task runs in this thread. */
  isLocal(operator: OperatorSpec, index: number): boolean;
  sender(edge: EdgeSpec, fromIndex: number, toIndex: number, onSpace: () => void): ChannelSender;
  receiver(edge: EdgeSpec, fromIndex: number, toIndex: number, onFrame: () => void): ChannelReceiver;
}

/** Everything in one thread, nothing to join. */
export const ALL_LOCAL: TaskPlacement = {
  parallelism: 1,
  isLocal: () => true,
  sender: () => {
    throw new Error('all tasks are local');
  },
  receiver: () => {
    throw new Error('all tasks are local');
  },
};

export interface TaskSet {
  /** In topological order of their operators. */
  readonly tasks: readonly Task[];
  readonly impulses: readonly ImpulseOperator[];
  readonly sources: readonly SourceOperator[];
}

export interface TaskBuilderOptions {
  readonly plan: Plan;
  readonly graph: DataflowGraph;
  readonly host: KernelHost;
  readonly clock: Clock;
  readonly placement: TaskPlacement;
  readonly events: TaskEvents;
  readonly form?: 'compiled' | 'interpreted';
  /** Elements in a full batch; smaller only to disturb tests. */
  readonly batchCapacity?: number;
}

/** Makes this thread's tasks of a dataflow and the channels between them. */
export function buildTasks(options: TaskBuilderOptions): TaskSet {
  return new TaskBuilder(options).build();
}

class TaskBuilder {
  private readonly tasks: Task[] = [];
  private readonly byId = new Map<string, Task>();
  private readonly impulses: ImpulseOperator[] = [];
  private readonly sources: SourceOperator[] = [];
  private readonly channels = new Map<string, LocalChannel>();
  private readonly operators: ReadonlyMap<string, OperatorSpec>;

  constructor(private readonly options: TaskBuilderOptions) {
    this.operators = new Map(options.graph.operators.map((operator) => [operator.id, operator]));
  }

  build(): TaskSet {
    const { graph, placement } = this.options;
    for (const operator of graph.operators) {
      for (let index = 0; index < this.width(operator); index++) {
        if (placement.isLocal(operator, index)) this.addTask(operator, index);
      }
    }
    return { tasks: this.tasks, impulses: this.impulses, sources: this.sources };
  }

  private width(operator: OperatorSpec): number {
    return operator.parallelism === 'one' ? 1 : this.options.placement.parallelism;
  }

  private addTask(spec: OperatorSpec, index: number): void {
    const { graph, clock, events } = this.options;
    const id = taskId(spec, index);
    const wake = (): void => {
      const task = this.byId.get(id);
      if (task !== undefined) events.wake(task);
    };
    const outputGate = new OutputGate();
    const senders: ChannelSender[] = [];
    const ports = new Map<string, OutputPort[]>();
    for (const edge of graph.edges) {
      if (edge.from !== spec.id) continue;
      const port = this.port(edge, index, outputGate, senders, wake);
      ports.set(edge.pcollection, [...(ports.get(edge.pcollection) ?? []), port]);
    }
    const receivers: ChannelReceiver[] = [];
    for (const edge of graph.edges) if (edge.to === spec.id) receivers.push(...this.receivers(edge, index, wake));
    const operator = this.operator(spec, index, ports, outputGate, wake);
    const task = new Task(
      id,
      spec.id,
      operator,
      new InputGate(receivers),
      outputGate,
      [...ports.values()].flat(),
      senders,
      clock,
      events,
    );
    if (operator instanceof AsyncOperator || operator instanceof ImpulseOperator)
      operator.passOn = (marker) => task.passOn(marker);
    this.byId.set(id, task);
    this.tasks.push(task);
  }

  /** Indices of the tasks at the other end that a task is joined with. */
  private peers(edge: EdgeSpec, index: number, other: OperatorSpec): number[] {
    return edge.partitioning === 'forward' ? [index] : Array.from({ length: this.width(other) }, (_, i) => i);
  }

  private port(
    edge: EdgeSpec,
    fromIndex: number,
    gate: OutputGate,
    senders: ChannelSender[],
    wake: () => void,
  ): OutputPort {
    const to = this.operators.get(edge.to)!;
    const targets = this.peers(edge, fromIndex, to).map((toIndex) => {
      const sender = this.options.placement.isLocal(to, toIndex)
        ? this.channel(edge, fromIndex, toIndex)
        : this.options.placement.sender(edge, fromIndex, toIndex, wake);
      senders.push(sender);
      return new OutputBuffer(edge.keyed, sender, gate, this.options.batchCapacity);
    });
    if (targets.length === 1) return targets[0]!;
    if (edge.partitioning !== 'hash') return new PartitionedOutput(edge.keyed, targets);
    const hash = keyHash(this.keyCoder(keyedInput(to)));
    const count = targets.length;
    return new PartitionedOutput(edge.keyed, targets, (key) =>
      taskOfKeyGroup(keyGroupOf(hash(key), KEY_GROUPS), count),
    );
  }

  private receivers(edge: EdgeSpec, toIndex: number, wake: () => void): ChannelReceiver[] {
    const from = this.operators.get(edge.from)!;
    return this.peers(edge, toIndex, from).map((fromIndex) =>
      this.options.placement.isLocal(from, fromIndex)
        ? this.channel(edge, fromIndex, toIndex)
        : this.options.placement.receiver(edge, fromIndex, toIndex, wake),
    );
  }

  private channel(edge: EdgeSpec, fromIndex: number, toIndex: number): LocalChannel {
    const id = `${edge.id}:${fromIndex}:${toIndex}`;
    let channel = this.channels.get(id);
    if (channel === undefined) {
      const from = taskId(this.operators.get(edge.from)!, fromIndex);
      const to = taskId(this.operators.get(edge.to)!, toIndex);
      const wake = (task: string) => (): void => {
        const found = this.byId.get(task);
        if (found !== undefined) this.options.events.wake(found);
      };
      channel = new LocalChannel(wake(to), wake(from));
      this.channels.set(id, channel);
    }
    return channel;
  }

  private operator(
    spec: OperatorSpec,
    index: number,
    portsById: ReadonlyMap<string, readonly OutputPort[]>,
    gate: OutputGate,
    wake: () => void,
  ): Operator {
    const { host, clock } = this.options;
    const ports = [...portsById.values()].flat();
    switch (spec.kind) {
      case 'impulse': {
        const impulse = new ImpulseOperator(ports, index === 0);
        this.impulses.push(impulse);
        return impulse;
      }
      case 'segment':
        return new SegmentOperator(
          new Segment(spec.entry, makeSteps(spec.steps, host), portsById, gate, host, this.options.form),
        );
      case 'split':
        return new SplitOperator(
          spec.steps[0]!,
          this.splittable(spec),
          this.context(spec.steps[0]!),
          this.options.placement.parallelism,
          ports,
          wake,
        );
      case 'source': {
        const step = spec.steps[0]!;
        const context = { ...this.context(step), job: host.job };
        const source = new SourceOperator({
          step,
          splittable: this.splittable(spec),
          context,
          ports,
          gate,
          clock,
          wake,
        });
        this.sources.push(source);
        return source;
      }
      case 'async': {
        const step = spec.steps[0]!;
        return new AsyncOperator({
          spec: step,
          step: makeAsyncStep(step, host),
          ports,
          gate,
          clock,
          signal: host.signal,
          wake,
        });
      }
      case 'group':
        return this.group(spec, ports, gate);
      case 'precombine': {
        const step = spec.steps[0]!;
        const identity = keyIdentity(this.keyCoder(mainInput(step)));
        return new PrecombineOperator({ combineFn: combineFnOf(step, host), identity, ports, gate });
      }
    }
  }

  private splittable(spec: OperatorSpec): AnySplittable {
    const { fn } = doFnSpec(spec.steps[0]!).payload as unknown as DoFnPayload;
    return this.options.host.resolver.instantiate(fn) as AnySplittable;
  }

  private context(step: StepSpec): DoFnContext {
    const { host } = this.options;
    const name = step.transform.uniqueName;
    return {
      step: name,
      metrics: host.metrics(name),
      signal: host.signal,
      log: (level, message, fields) => host.log(level, message, name, fields),
    };
  }

  private group(spec: OperatorSpec, ports: readonly OutputPort[], gate: OutputGate): Operator {
    const { plan, host } = this.options;
    const step = spec.steps[0]!;
    const input = keyedInput(spec);
    const windowing = plan.components.windowingStrategies[plan.components.pcollections[input]!.windowingStrategyId]!;
    const combines = step.transform.spec!.urn === BEAM_TRANSFORM.combinePerKey;
    const collect = windowing.accumulationMode === 'ACCUMULATING' ? collectAccumulatingValues : collectValues;
    const groupSpec = {
      combineFn: combines ? combineFnOf(step, host) : (collect as unknown as CombineFn<unknown, unknown, unknown>),
      precombined: input !== mainInput(step),
      identity: keyIdentity(this.keyCoder(input)),
      windowing,
      ports,
      gate,
      droppedLate: host.metrics(step.transform.uniqueName).counter(SYSTEM_COUNTER.droppedLate),
    };
    const { urn } = windowing.windowFn;
    if (windowing.mergeStatus === 'NEEDS_MERGE') return new SessionGroupOperator(groupSpec);
    const slices = urn === BEAM_WINDOW_FN.sliding && windowing.allowedLatenessMs === 0;
    return slices ? new SliceGroupOperator(groupSpec) : new WindowGroupOperator(groupSpec);
  }

  private keyCoder(pcollection: string): Coder<unknown> {
    return this.options.host.coder(pcollection).components[0] as unknown as Coder<unknown>;
  }
}

function mainInput(step: StepSpec): string {
  return step.transform.inputs[MAIN_TAG] ?? Object.values(step.transform.inputs)[0]!;
}

/** The PCollection of the plan whose keys a grouping groups by: of a combine that is done in two steps, the first one's. */
function keyedInput(group: OperatorSpec): string {
  return group.grouped ?? mainInput(group.steps[0]!);
}

export function taskId(operator: OperatorSpec, index: number): string {
  return `${operator.id}[${index}]`;
}

/** Key groups are dealt out in equal ranges. */
export function taskOfKeyGroup(keyGroup: number, tasks: number): number {
  return Math.floor((keyGroup * tasks) / KEY_GROUPS);
}
