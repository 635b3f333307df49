import { keyHash } from '../../sdk/coders/index.js';
import type { Plan } from '../../sdk/model/index.js';
import {
  BroadcastOutput,
  type KernelHost,
  MetricCells,
  OutputBuffer,
  OutputGate,
  type OutputPort,
  PartitionedOutput,
} from '../kernel/index.js';
import { AsyncOperator } from './async-operator.js';
import { ChainOperator } from './chain-operator.js';
import { type ChainSpec, chainsOf, groupBy, unchained } from './chains.js';
import { type ChannelReceiver, type ChannelSender, LocalChannel } from './channel.js';
import type { Clock } from './clock.js';
import { type Disturbance, DisturbedSender, NOWHERE, type OperatorMaker } from './disturbance.js';
import type { DataflowGraph, EdgeSpec, OperatorSpec } from './graph.js';
import { ImpulseOperator } from './impulse-operator.js';
import { InputGate, type TaskGate } from './input-gate.js';
import { KEY_GROUP_BITS, KEY_GROUPS } from './key-groups.js';
import type { MetricsRegistry } from './metrics-registry.js';
import type { Operator } from './operator.js';
import { keyCoderOf, keyedInput, makeChain, type Ports } from './operator-factory.js';
import { withViews } from './side-input-plan.js';
import { showing, sideInputsMaker } from './side-inputs.js';
import { SourceOperator } from './source-operator.js';
import { Task, type TaskEvents } from './task.js';
import { TestStreamOperator } from './test-stream-operator.js';

/** Operators that a disturbance leaves alone, because the life of the job itself depends on them. */
const ROOTS: ReadonlySet<OperatorSpec['kind']> = new Set(['impulse', 'testStream', 'async', 'split']);

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
  /** The outputs of test streams. */
  readonly testStreams: readonly TestStreamOperator[];
}

export interface TaskBuilderOptions {
  readonly plan: Plan;
  readonly graph: DataflowGraph;
  readonly host: KernelHost;
  readonly clock: Clock;
  readonly placement: TaskPlacement;
  readonly events: TaskEvents;
  /** What each task has its own of; absent: all count into the host's. */
  readonly metrics?: MetricsRegistry;
  readonly form?: 'compiled' | 'interpreted';
  /** Elements in a full batch; smaller only to disturb tests. */
  readonly batchCapacity?: number;
  readonly disturbance?: Disturbance;
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
  private readonly testStreams: TestStreamOperator[] = [];
  private readonly channels = new Map<string, LocalChannel>();
  private readonly operators: ReadonlyMap<string, OperatorSpec>;

  /** Operator → the one that its task is named after. */
  private readonly heads = new Map<string, OperatorSpec>();
  private readonly outgoing: ReadonlyMap<string, readonly EdgeSpec[]>;
  private readonly incoming: ReadonlyMap<string, readonly EdgeSpec[]>;

  constructor(private readonly options: TaskBuilderOptions) {
    this.operators = new Map(options.graph.operators.map((operator) => [operator.id, operator]));
    this.outgoing = groupBy(options.graph.edges, (edge) => edge.from);
    this.incoming = groupBy(options.graph.edges, (edge) => edge.to);
  }

  build(): TaskSet {
    const { graph, placement, disturbance = {} } = this.options;
    const chains = disturbance.unfused === true ? unchained(graph) : chainsOf(graph, placement.parallelism);
    for (const { head, segment, folds } of chains) {
      this.heads.set(head.id, head);
      if (segment !== undefined) this.heads.set(segment.id, head);
      for (const { operator } of folds) this.heads.set(operator.id, head);
    }
    for (const chain of chains) {
      const { head } = chain;
      for (let index = 0; index < this.width(head); index++) {
        if (placement.isLocal(head, index)) this.addTask(chain, index);
      }
    }
    const { tasks, impulses, sources, testStreams } = this;
    return { tasks, impulses, sources, testStreams };
  }

  private width(operator: OperatorSpec): number {
    return operator.parallelism === 'one' ? 1 : this.options.placement.parallelism;
  }

  private addTask(chain: ChainSpec, index: number): void {
    const { clock } = this.options;
    const { head } = chain;
    const { events, hosted } = this.measured();
    const id = taskId(head, index);
    const wake = (): void => {
      const task = this.byId.get(id);
      if (task !== undefined) events.wake(task);
    };
    const gate = new OutputGate();
    const senders: ChannelSender[] = [];
    const allPorts: OutputPort[] = [];
    const made = new Map<OperatorSpec, Ports>();
    const portsOf = (operator: OperatorSpec): Ports => {
      const known = made.get(operator);
      if (known !== undefined) return known;
      const ports = new Map<string, OutputPort[]>();
      made.set(operator, ports);
      for (const edge of this.outgoing.get(operator.id) ?? []) {
        if (chain.edges.has(edge)) continue;
        const port = this.port(edge, index, gate, senders, wake);
        ports.set(edge.pcollection, [...(ports.get(edge.pcollection) ?? []), port]);
        allPorts.push(port);
      }
      return ports;
    };
    const { inputs, host } = this.inputs(head, index, wake, hosted);
    const operator = this.disturbed(chain, {
      make: () => makeChain(chain, index, { ...this.options, host }, { gate, wake, portsOf }),
      makeDiscarded: () => this.makeDiscarded(chain, index, host),
      wake,
    });
    const source = operator instanceof ChainOperator ? operator.source : operator;
    if (operator instanceof ImpulseOperator) this.impulses.push(operator);
    if (operator instanceof TestStreamOperator) this.testStreams.push(operator);
    if (source instanceof SourceOperator) {
      this.sources.push(source);
      this.options.disturbance?.source?.(source);
    }
    const { parallelism } = this.options.placement;
    const task = new Task(id, head.id, operator, inputs, gate, allPorts, senders, clock, events, {
      fillsBatches: parallelism > 1,
      ...(this.options.disturbance?.bundleElements !== undefined && {
        bundleElements: this.options.disturbance.bundleElements,
      }),
    });
    if (
      operator instanceof AsyncOperator ||
      operator instanceof ImpulseOperator ||
      operator instanceof TestStreamOperator
    )
      operator.passOn = (marker) => task.passOn(marker);
    this.byId.set(id, task);
    this.tasks.push(task);
  }

  /** The host and the events of one task, whose metrics are marked when it passes a barrier. */
  private measured(): { events: TaskEvents; hosted: KernelHost } {
    const { events, host } = this.options;
    const metrics = this.options.metrics?.forTask();
    if (metrics === undefined) return { events, hosted: host };
    const acknowledge: TaskEvents['acknowledge'] = (task, epoch, oldestHeld) => {
      metrics.mark(epoch);
      events.acknowledge(task, epoch, oldestHeld);
    };
    return { events: { ...events, acknowledge }, hosted: { ...host, metrics: (step) => metrics.forStep(step) } };
  }

  /** What takes part in the life of the job itself stays as it is. */
  private disturbed({ head }: ChainSpec, maker: OperatorMaker): Operator {
    const replace = this.options.disturbance?.replace;
    return replace === undefined || ROOTS.has(head.kind) ? maker.make() : replace(maker);
  }

  private makeDiscarded(
    chain: ChainSpec,
    index: number,
    shown: KernelHost,
  ): ReturnType<OperatorMaker['makeDiscarded']> {
    const gate = new OutputGate();
    const metrics = new MetricCells(() => this.options.clock.now());
    const host = { ...shown, metrics: (step: string) => metrics.forStep(step) };
    const portsOf = (operator: OperatorSpec): Ports => {
      const ports = new Map<string, OutputPort[]>();
      for (const edge of this.outgoing.get(operator.id) ?? []) {
        if (!chain.edges.has(edge)) ports.set(edge.pcollection, [new OutputBuffer(edge.keyed, NOWHERE, gate)]);
      }
      return ports;
    };
    return { operator: makeChain(chain, index, { ...this.options, host }, { gate, wake: () => {}, portsOf }), gate };
  }

  /** Where a task takes its input from, and what its operator is made with: side inputs are kept by the gate. */
  private inputs(
    head: OperatorSpec,
    index: number,
    wake: () => void,
    host: KernelHost,
  ): { inputs: TaskGate; host: KernelHost } {
    const { plan } = this.options;
    const main: ChannelReceiver[] = [];
    const sides = new Map<string, ChannelReceiver[]>();
    let keyed = false;
    for (const edge of this.incoming.get(head.id) ?? []) {
      const receivers = this.receivers(edge, index, wake);
      if (edge.sideInput === undefined) {
        main.push(...receivers);
        keyed ||= edge.keyed;
      } else sides.set(edge.sideInput, receivers);
    }
    if (sides.size === 0) return { inputs: new InputGate(main), host };
    const make = sideInputsMaker({ plan: withViews(plan), host, operator: head, main, sides, keyed });
    const { gate, views } = this.options.disturbance?.replaceSideInputs?.(make) ?? make();
    return { inputs: gate, host: showing(host, head, views) };
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
      const { disturbance, events } = this.options;
      const receiver =
        disturbance === undefined
          ? sender
          : new DisturbedSender(
              sender,
              disturbance.rearrange,
              disturbance.barriers === true ? events.handedOver : undefined,
            );
      return new OutputBuffer(edge.keyed, receiver, gate, this.options.batchCapacity);
    });
    if (targets.length === 1) return targets[0]!;
    if (edge.partitioning === 'broadcast') return new BroadcastOutput(edge.keyed, targets);
    if (edge.partitioning !== 'hash') return new PartitionedOutput(edge.keyed, targets);
    const hash = keyHash(keyCoderOf(this.options.host, keyedInput(to)));
    const count = targets.length;
    return new PartitionedOutput(edge.keyed, targets, (key) => taskOfKeyGroup(keyGroupOfHash(hash(key)), count));
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
      const from = taskId(this.heads.get(edge.from)!, fromIndex);
      const to = taskId(this.heads.get(edge.to)!, toIndex);
      const wake = (task: string) => (): void => {
        const found = this.byId.get(task);
        if (found !== undefined) this.options.events.wake(found);
      };
      channel = new LocalChannel(wake(to), wake(from));
      this.channels.set(id, channel);
    }
    return channel;
  }
}

export function taskId(operator: OperatorSpec, index: number): string {
  return `${operator.id}[${index}]`;
}

/** As `keyGroupOf`, in whole numbers: it is asked for every element. */
const keyGroupOfHash = (hash: number): number => hash & (KEY_GROUPS - 1);

/** Key groups are dealt out in equal ranges. */
export function taskOfKeyGroup(keyGroup: number, tasks: number): number {
  return (keyGroup * tasks) >>> KEY_GROUP_BITS;
}
