import {
  BEAM_TRANSFORM,
  MAIN_TAG,
  MILLRACE_DO_FN,
  MillraceError,
  type ParDoPayload,
  type Plan,
  type WindowingStrategySpec,
} from '../../sdk/model/index.js';
import type { StepSpec } from '../kernel/index.js';
import { executionOrder, outputsOf } from './execution-order.js';
import type { DataflowGraph, EdgeSpec, OperatorKind, Partitioning } from './graph.js';
import { canPrecombine, firesAtTheEnd } from './grouping-forms.js';
import { isViewGroup, sideInputsOf, withViews } from './side-input-plan.js';

/** Steps after which a chain is cut: one long compiled function is slower per step than several short ones. */
const SEGMENT_STEPS = 16;

export interface GraphOptions {
  /** Fold values of a key before they are partitioned; of no use where there is one task only. */
  readonly precombine?: boolean;
  /** Steps of a segment at most. */
  readonly segmentSteps?: number;
}

/** Fuses a plan's leaves into operators. Deterministic, so that every thread may compute it for itself. */
export function planToGraph(plan: Plan, options: GraphOptions = {}): DataflowGraph {
  return new GraphBuilder(plan, options).build();
}

interface Operator {
  id: string;
  kind: OperatorKind;
  stage: number;
  inputs: string[];
  steps: StepSpec[];
  entry: string;
  parallelism: 'one' | 'all';
  partitioning: Partitioning;
  keyed: boolean;
  grouped?: string;
  /** tag → PCollection of its views */
  sides?: ReadonlyMap<string, string>;
}

class GraphBuilder {
  private readonly operators: Operator[] = [];
  /** PCollection → the operator that makes it. */
  private readonly producers = new Map<string, Operator>();
  /** PCollection → the segment that begins with it. */
  private readonly segments = new Map<string, Operator>();
  private stages = 0;

  private readonly plan: Plan;

  constructor(
    plan: Plan,
    private readonly options: GraphOptions,
  ) {
    this.plan = withViews(plan);
  }

  build(): DataflowGraph {
    for (const leaf of executionOrder(this.plan)) this.add(leaf);
    const edges: EdgeSpec[] = [];
    for (const to of this.operators) {
      for (const [index, pcollection] of to.inputs.entries()) {
        const from = this.producer(pcollection);
        const { partitioning, keyed } = to;
        edges.push({ id: `${from.id}>${to.id}>${index}`, from: from.id, to: to.id, pcollection, partitioning, keyed });
      }
      for (const [tag, pcollection] of to.sides ?? []) {
        const from = this.producer(pcollection);
        const id = `${from.id}>${to.id}>${tag}`;
        const place = { from: from.id, to: to.id, pcollection };
        edges.push({ id, ...place, partitioning: 'broadcast', keyed: true, sideInput: tag });
      }
    }
    const read = new Set(edges.map((edge) => `${edge.from}>${edge.pcollection}`));
    return {
      operators: this.operators.map(({ partitioning: _p, keyed: _k, sides, ...operator }) => ({
        ...operator,
        ...(sides !== undefined && { sideInputs: [...sides.keys()] }),
        outputs: [
          ...new Set(operator.steps.flatMap(outputsOf).concat(operator.kind === 'segment' ? operator.entry : [])),
        ].filter((pcollection) => read.has(`${operator.id}>${pcollection}`)),
      })),
      edges,
    };
  }

  private add(step: StepSpec): void {
    const { transform } = step;
    const inputs = Object.values(transform.inputs);
    const main = transform.inputs[MAIN_TAG] ?? inputs[0];
    switch (transform.spec?.urn) {
      case BEAM_TRANSFORM.impulse:
        this.operator('impulse', step, [], { parallelism: 'one', stage: ++this.stages });
        return;
      case BEAM_TRANSFORM.testStream:
        this.testStream(step);
        return;
      case BEAM_TRANSFORM.flatten:
        this.flatten(step, inputs);
        return;
      case BEAM_TRANSFORM.combinePerKey:
        if (this.options.precombine === true && canPrecombine(windowingOf(this.plan, main!))) {
          this.precombine(step, main!);
          return;
        }
        this.group(step, main!, main!);
        return;
      case BEAM_TRANSFORM.groupByKey:
        this.group(step, main!, main!);
        return;
      case BEAM_TRANSFORM.reshuffle:
      case BEAM_TRANSFORM.redistributeArbitrarily:
      case BEAM_TRANSFORM.redistributeByKey:
        this.redistribute(step, main!);
        return;
      default:
        this.addStep(step, main!);
    }
  }

  /** Each output has a watermark, and so a task, of its own. */
  private testStream(step: StepSpec): void {
    for (const [tag, output] of Object.entries(step.transform.outputs)) {
      const one = { ...step, id: `${step.id}#${tag}`, transform: { ...step.transform, outputs: { [tag]: output } } };
      this.operator('testStream', one, [], { parallelism: 'one', stage: ++this.stages });
    }
  }

  private addStep(step: StepSpec, input: string): void {
    const producer = this.producer(input);
    const payload =
      step.transform.spec?.urn === BEAM_TRANSFORM.parDo
        ? (step.transform.spec.payload as unknown as ParDoPayload)
        : undefined;
    const urn = payload?.doFn.urn;
    if (urn === MILLRACE_DO_FN.splittable) {
      const pairs = `${step.id}#restrictions`;
      const split = this.operator(
        'split',
        { ...step, transform: { ...step.transform, outputs: { [MAIN_TAG]: pairs } } },
        [input],
        producer,
      );
      const source = this.operator(
        'source',
        { ...step, transform: { ...step.transform, inputs: { [MAIN_TAG]: pairs } } },
        [pairs],
        {
          parallelism: 'all',
          stage: ++this.stages,
          partitioning: 'roundRobin',
        },
      );
      split.id = `${step.id}#split`;
      source.id = step.id;
      return;
    }
    if (urn === MILLRACE_DO_FN.mapAsync) {
      this.operator('async', step, [input], producer);
      return;
    }
    const sides = new Map(Object.keys(sideInputsOf(step.transform)).map((tag) => [tag, step.transform.inputs[tag]!]));
    if (payload !== undefined && isStateful(payload)) {
      const operator = this.byKey('stateful', step, input);
      if (sides.size > 0) operator.sides = sides;
      // Where there is one task, pairs may travel as they came, and need not be made again.
      else operator.keyed = this.options.precombine === true;
      return;
    }
    if (sides.size > 0) {
      // Steps behind it may join it; those that only read what it reads do not wait with it.
      this.operator('segment', step, [input], producer).sides = sides;
      return;
    }
    const { segmentSteps = SEGMENT_STEPS } = this.options;
    const host =
      producer.kind === 'segment' && producer.steps.length < segmentSteps ? producer : this.segments.get(input);
    if (host !== undefined && host.steps.length < segmentSteps) {
      host.steps.push(step);
      this.register(host, step);
      return;
    }
    this.segments.set(input, this.operator('segment', step, [input], producer));
  }

  /** `grouped`: the PCollection of the plan, whose windowing counts. */
  private group(step: StepSpec, input: string, grouped: string): Operator {
    return this.byKey(firesAtTheEnd(windowingOf(this.plan, grouped)) ? 'group' : 'triggerGroup', step, input);
  }

  /** What works on keys: a stage of its own, to whose tasks the keys are dealt out. */
  private byKey(kind: 'group' | 'triggerGroup' | 'stateful', step: StepSpec, input: string): Operator {
    return this.operator(kind, step, [input], {
      parallelism: isViewGroup(step.transform) ? 'one' : 'all',
      stage: ++this.stages,
      partitioning: 'hash',
      keyed: true,
    });
  }

  /** The accumulators travel as a PCollection of their own. */
  private precombine(step: StepSpec, input: string): void {
    const producer = this.producer(input);
    const accumulators = `${step.id}#accumulators`;
    const { transform } = step;
    const before = {
      ...step,
      id: `${step.id}#precombine`,
      transform: { ...transform, outputs: { [MAIN_TAG]: accumulators } },
    };
    const operator = this.operator('precombine', before, [input], producer);
    operator.keyed = true;
    const merging = { ...step, transform: { ...transform, inputs: { [MAIN_TAG]: accumulators } } };
    this.group(merging, accumulators, input).grouped = input;
  }

  /** The steps after a Flatten read its inputs as one. */
  private flatten(step: StepSpec, inputs: readonly string[]): void {
    const output = step.transform.outputs[MAIN_TAG] ?? Object.values(step.transform.outputs)[0]!;
    const producers = inputs.map((input) => this.producer(input));
    const together = producers.every((producer) => producer.stage === producers[0]!.stage) && producers.length > 0;
    const all = producers.some((producer) => producer.parallelism === 'all');
    const operator: Operator = {
      id: step.id,
      kind: 'segment',
      stage: together ? producers[0]!.stage : ++this.stages,
      inputs: [...inputs],
      steps: [],
      entry: output,
      parallelism: all ? 'all' : 'one',
      partitioning: together || producers.every((p) => (p.parallelism === 'all') === all) ? 'forward' : 'roundRobin',
      keyed: false,
    };
    this.operators.push(operator);
    this.producers.set(output, operator);
  }

  private redistribute(step: StepSpec, input: string): void {
    const output = step.transform.outputs[MAIN_TAG] ?? Object.values(step.transform.outputs)[0]!;
    const operator: Operator = {
      id: step.id,
      kind: 'segment',
      stage: ++this.stages,
      inputs: [input],
      steps: [],
      entry: output,
      parallelism: 'all',
      partitioning: 'roundRobin',
      keyed: false,
    };
    this.operators.push(operator);
    this.producers.set(output, operator);
  }

  private operator(
    kind: OperatorKind,
    step: StepSpec,
    inputs: string[],
    place: { parallelism: 'one' | 'all'; stage: number; partitioning?: Partitioning; keyed?: boolean },
  ): Operator {
    const operator: Operator = {
      id: step.id,
      kind,
      stage: place.stage,
      inputs,
      steps: [step],
      entry: inputs[0] ?? step.id,
      parallelism: place.parallelism,
      // What follows its producer in the same stage takes its elements from the same task.
      partitioning: 'id' in place ? 'forward' : (place.partitioning ?? 'forward'),
      keyed: 'id' in place ? false : (place.keyed ?? false),
    };
    this.operators.push(operator);
    this.register(operator, step);
    return operator;
  }

  private register(operator: Operator, step: StepSpec): void {
    for (const output of Object.values(step.transform.outputs)) this.producers.set(output, operator);
  }

  private producer(pcollection: string): Operator {
    const producer = this.producers.get(pcollection);
    if (producer === undefined)
      throw new MillraceError('PLAN_NO_PRODUCER', 'plan', `nothing produces PCollection '${pcollection}'`);
    return producer;
  }
}

/** Whether a ParDo works on the keys of its input. */
export function isStateful(payload: ParDoPayload): boolean {
  const { stateSpecs = {}, timerFamilySpecs = {}, requiresTimeSortedInput = false } = payload;
  return Object.keys(stateSpecs).length > 0 || Object.keys(timerFamilySpecs).length > 0 || requiresTimeSortedInput;
}

export function windowingOf(plan: Plan, pcollection: string): WindowingStrategySpec {
  const { windowingStrategyId } = plan.components.pcollections[pcollection]!;
  return plan.components.windowingStrategies[windowingStrategyId]!;
}
