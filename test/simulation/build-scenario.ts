import {
  flatten,
  outputTag,
  type PCollection,
  type Pipeline,
  partition,
  splittable,
  type TriggerSpec,
  toList,
  type WindowFnDescriptor,
  type WindowOptions,
} from 'millrace';
import { testStream, testStreams, timestamped } from 'millrace/testing';
import { AtTheEnd, Later, Pieces, See, seeing } from './element-fns.js';
import type { Scenario, Step, VIEWS, WindowingChoice } from './scenario.js';
import { digest, IN_BUNDLES, IN_ORDER, type Pair, sorted, stateful } from './stateful-fns.js';
import { IN_SEVERAL, MERGING, windowFnOf } from './window-fns.js';

/**
 * How far the outcome of a collection is known: under whatever happens to the order of elements, only where the elements of
 * a key keep their order, or not at all.
 */
export type Certainty = 'always' | 'inOrder' | 'never';
const LESS: readonly Certainty[] = ['always', 'inOrder', 'never'];
const least = (...all: readonly Certainty[]): Certainty => LESS[Math.max(...all.map((each) => LESS.indexOf(each)))]!;

/** A collection of the pipeline, and what is known of it while it is built. */
export interface Built {
  readonly name: string;
  readonly input: PCollection<Pair>;
  readonly certainty: Certainty;
  /** Several elements of a key may come at once. */
  readonly burst: boolean;
  /** Elements of different keys or windows come in an order that nobody promises. */
  readonly shuffled: boolean;
  /** Elements of one key and window do. */
  readonly mixed: boolean;
  /** The streams that it is made of. */
  readonly tags: ReadonlySet<number>;
  readonly trigger: TriggerSpec;
  readonly lateness: number;
  readonly isMerging: boolean;
}

export type Form = 'stream' | 'bounded';

/** Adds the scenario to a pipeline; every collection is looked at by a step `See <name>`. */
export function buildScenario(p: Pipeline, scenario: Scenario, form: Form): Built[] {
  const sources = form === 'stream' ? streams(p, scenario) : bounded(p, scenario);
  const all = sources.map((each, i) => {
    const choice = scenario.streams[i]!;
    return windowed(each, `w${i}`, choice, windowFnOf(choice, scenario.unit), scenario.unit);
  });
  scenario.steps.forEach((step, i) => {
    const built = new StepBuilder(all, step, `${i}-${step.kind}`, scenario.unit, form).build();
    all.push(...built);
  });
  for (const { input, name } of all) input.parDo(`See ${name}`, () => new See());
  return all;
}

const source = (name: string, input: PCollection<Pair>, tag: number, burst: boolean): Built => ({
  name,
  input,
  certainty: 'always',
  burst,
  shuffled: false,
  mixed: false,
  tags: new Set([tag]),
  trigger: { kind: 'default' },
  lateness: 0,
  isMerging: false,
});

function streams(p: Pipeline, { streams: { length: tags }, unit, events }: Scenario): Built[] {
  const named = Array.from({ length: tags }, (_, i) => outputTag(`t${i}`).of<Pair>());
  const watermarks = new Array<number | undefined>(tags).fill(undefined);
  let stream = testStreams(...named);
  const single = tags === 1 ? testStream<Pair>() : undefined;
  let alone = single;
  const bursts = new Set<number>();
  let value = 0;
  for (const event of events) {
    if (event.kind === 'time') {
      stream = stream.advanceProcessingTime(event.by);
      alone = alone?.advanceProcessingTime(event.by);
    } else if (event.kind === 'watermark') {
      const to = (watermarks[event.tag] ?? 0) + event.by * unit;
      watermarks[event.tag] = to;
      stream = stream.advanceWatermark(named[event.tag]!, to);
      alone = alone?.advanceWatermark(to);
    } else {
      const at = watermarks[event.tag] ?? 0;
      const elements = event.elements.map(({ key, after }) =>
        timestamped<Pair>({ key, value: String(value++) }, at + after * unit),
      );
      if (elements.length > 1) bursts.add(event.tag);
      stream = stream.addElements(named[event.tag]!, ...elements);
      alone = alone?.addElements(...elements);
    }
  }
  if (alone !== undefined) return [source('t0', p.apply('Events', alone), 0, bursts.has(0))];
  // One by one, so that no two of them end at the same moment.
  for (const tag of named) stream = stream.advanceWatermarkToInfinity(tag);
  const outputs = p.apply('Events', stream) as Record<string, PCollection<Pair>>;
  return named.map(({ name }, i) => source(name, outputs[name]!, i, bursts.has(i)));
}

/** The same elements, all there from the beginning. */
function bounded(p: Pipeline, { streams: { length: tags }, unit, events }: Scenario): Built[] {
  let value = 0;
  const watermarks = new Array<number>(tags).fill(0);
  const elements: { pair: Pair; at: number; tag: number }[] = [];
  for (const event of events) {
    if (event.kind === 'watermark') watermarks[event.tag]! += event.by * unit;
    if (event.kind !== 'elements') continue;
    for (const { key, after } of event.elements)
      elements.push({
        pair: { key, value: String(value++) },
        at: watermarks[event.tag]! + after * unit,
        tag: event.tag,
      });
  }
  return watermarks.map((_, tag) => {
    const own = elements.filter((each) => each.tag === tag);
    const timestamps = own.map(({ at }) => at);
    const input = p.create(
      `Create ${tag}`,
      own.map(({ pair }) => pair),
      { timestamps },
    );
    return source(`t${tag}`, input as PCollection<Pair>, tag, true);
  });
}

function windowed(
  input: Built,
  name: string,
  choice: WindowingChoice,
  windowFn: WindowFnDescriptor<Pair>,
  unit: number,
): Built {
  return {
    ...input,
    name,
    input: input.input.windowInto(name, windowFn, optionsOf(choice, unit)),
    burst: input.burst || IN_SEVERAL.has(choice.windows),
    mixed: input.mixed || input.shuffled,
    shuffled: input.shuffled || IN_SEVERAL.has(choice.windows),
    trigger: choice.trigger,
    lateness: choice.lateness,
    isMerging: MERGING.has(choice.windows),
  };
}

class StepBuilder {
  private readonly input: Built;

  constructor(
    private readonly all: readonly Built[],
    private readonly step: Step,
    private readonly name: string,
    private readonly unit: number,
    private readonly form: Form,
  ) {
    this.input = this.pick(step.from);
  }

  private pick(back: number): Built {
    return this.all[this.all.length - 1 - (back % this.all.length)]!;
  }

  build(): Built[] {
    const { step, input, name, unit } = this;
    const { input: read } = input;
    switch (step.kind) {
      case 'window':
        return [windowed(input, name, step.windowing, windowFnOf(step.windowing, unit), unit)];
      case 'group': {
        const grouped = read.groupByKey(name).map(`${name} joined`, ({ key, value }) => ({
          key,
          value: `[${sorted(value)}]`,
        }));
        return [this.grouped(grouped, input)];
      }
      case 'combine': {
        const options = step.fanout && !input.isMerging ? { fanout: 2 } : {};
        const combined = read
          .combinePerKey(name, toList<string>(), options)
          .map(`${name} joined`, ({ key, value }) => ({ key, value: `<${sorted(value)}>` }));
        // The parts of a key come to the whole in an order that nobody promises.
        return [this.grouped(combined, 'fanout' in options ? { ...input, mixed: true } : input)];
      }
      case 'stateful': {
        const isClock = step.does === 'clock' || step.does === 'ttl';
        const ordered = this.sensitive(IN_ORDER.has(step.does), isClock);
        const isBundled = IN_BUNDLES.has(step.does) || (step.does === 'window' && input.lateness > 0);
        const certainty = isBundled && input.burst ? 'never' : ordered;
        return [
          { ...input, name, input: stateful(read, name, step.does, unit), certainty, burst: true, shuffled: true },
        ];
      }
      case 'side':
        return [this.side(this.pick(step.side), step.view)];
      case 'flatten': {
        const other = this.pick(step.other);
        const windowFn = windowFnOf(step.windowing, unit);
        const a = windowed(input, `${name} a`, step.windowing, windowFn, unit);
        const b = windowed(other, `${name} b`, step.windowing, windowFn, unit);
        return [this.flattened(a, b)];
      }
      case 'partition': {
        const parts = read.apply(
          name,
          partition(2, ({ value }) => value.length % 2),
        );
        return parts.map((part, i) => ({ ...input, name: `${name} ${i}`, input: part }));
      }
      case 'reshuffle':
        return [{ ...input, name, input: read.reshuffle(name) }];
      case 'twice':
        return [
          {
            ...input,
            name,
            input: read.flatMap(name, ({ key, value }) => [
              { key, value },
              { key, value: digest(`${value}'`) },
            ]),
            burst: true,
          },
        ];
      case 'finish':
        return [
          { ...input, name, input: read.parDo(name, () => new AtTheEnd()), burst: true, shuffled: true, mixed: true },
        ];
      case 'rekey':
        return [
          {
            ...input,
            name,
            input: read.map(name, ({ key, value }) => ({
              key: value.length % 2 === 0 ? 'a' : 'd',
              value: `${key}${value}`,
            })),
            mixed: input.mixed || input.shuffled,
          },
        ];
      case 'later':
        return [{ ...input, name, input: read.parDo(name, () => new Later(unit)) }];
      case 'split': {
        const split = read.read(name, () => splittable(new Pieces(step.pause)));
        const certainty = this.sensitive(false, step.pause > 0);
        return [{ ...input, name, input: split, certainty, burst: true, shuffled: true, mixed: true }];
      }
    }
  }

  /** Of a step whose outcome may depend on the order in which elements come, or on when. */
  private sensitive(onOrder: boolean, onTime: boolean, { certainty, burst, mixed }: Built = this.input): Certainty {
    if (onTime && this.form === 'bounded') return 'never';
    if (!onOrder) return certainty;
    return least(certainty, mixed ? 'never' : burst ? 'inOrder' : 'always');
  }

  private grouped(output: PCollection<Pair>, input: Built): Built {
    const { onOrder, onTime } = sensitivityOf(input);
    const certainty = this.sensitive(onOrder, onTime, input);
    return { ...input, name: this.name, input: output, certainty, burst: true, shuffled: true };
  }

  private side(side: Built, view: (typeof VIEWS)[number]): Built {
    const { input, name } = this;
    // Where a window of a side input fires several times, what is combined of it may be several things.
    const firesOnce = side.trigger.kind === 'default' && side.lateness === 0;
    return {
      ...input,
      name,
      input: seeing(input.input, side.input, view === 'singleton' && !firesOnce ? 'list' : view, name),
      certainty: least(input.certainty, side.certainty, this.certaintyOfViews(side)),
      burst: true,
      shuffled: true,
      mixed: true,
      tags: new Set([...input.tags, ...side.tags]),
    };
  }

  /** Where a side input fires once there is no doubt about what is seen of it; else it is what was there at the time. */
  private certaintyOfViews(side: Built): Certainty {
    const { input } = this;
    if (side.trigger.kind === 'default' && side.lateness === 0) return 'always';
    const sharesStreams = [...side.tags].some((tag) => input.tags.has(tag));
    // Of two firings at once, the first or the second is what those see that wait.
    if (sharesStreams || side.burst || this.form === 'bounded') return 'never';
    return input.burst ? 'inOrder' : 'always';
  }

  private flattened(a: Built, b: Built): Built {
    const sharesStreams = [...a.tags].some((tag) => b.tags.has(tag));
    return {
      ...a,
      name: this.name,
      input: flatten(this.name, [a.input, b.input]),
      certainty: least(a.certainty, b.certainty),
      burst: a.burst || b.burst || sharesStreams,
      shuffled: a.shuffled || b.shuffled || sharesStreams,
      mixed: a.mixed || b.mixed || sharesStreams,
      tags: new Set([...a.tags, ...b.tags]),
    };
  }
}

/** Whether the panes of a grouping depend on the order of what comes at once, and on the clock. */
function sensitivityOf({ trigger, lateness }: Built): { onOrder: boolean; onTime: boolean } {
  const text = JSON.stringify(trigger);
  // A delay of nothing is over at once.
  const onOrder = lateness > 0 || /elementCount|always|orFinally|afterEach|"delayMs":0/.test(text);
  return { onOrder, onTime: /ProcessingTime/.test(text) };
}

function optionsOf(choice: WindowingChoice, unit: number): WindowOptions {
  const { trigger, accumulation, lateness, timestampCombiner, closingBehavior, onTimeBehavior } = choice;
  return {
    trigger,
    accumulation,
    allowedLateness: lateness * unit,
    timestampCombiner,
    closingBehavior,
    onTimeBehavior,
  };
}
