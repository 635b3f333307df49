import { type BoundedWindow, GlobalWindow, IntervalWindow, windowOf } from 'millrace';
import type { Arrival, Scenario, Step, WindowingChoice } from './scenario.js';
import { digest, type Pair, sorted } from './stateful-fns.js';
import { windowFnOf } from './window-fns.js';

interface Element extends Pair {
  readonly at: number;
  readonly window: BoundedWindow;
  readonly pane: string;
}

interface Collection {
  readonly name: string;
  readonly elements: readonly Element[];
  readonly windowing: WindowingChoice | undefined;
  /** Windows have become what they are: another grouping does not merge them again. */
  readonly isMerged: boolean;
}

const UNFIRED = 'UNKNOWN 0/0 firstlast';
const ONLY_PANE = 'ON_TIME 0/0 firstlast';

/**
 * The slow model of a scenario whose elements are all there from the beginning, where every window fires once: each step is
 * a function of all of its input. Answers by collection the lines that are seen of it; what follows from a step that it
 * does not know (other triggers, lateness, calendars, timers that may be due) is left out.
 */
export function batchModel(scenario: Scenario): Record<string, readonly string[]> {
  const all: (Collection | undefined)[] = sourcesOf(scenario);
  for (const [i, step] of scenario.steps.entries()) all.push(...apply(step, `${i}-${step.kind}`, all, scenario.unit));
  const lines = all
    .filter((each) => each !== undefined)
    .map(({ name, elements }) => [name, counted(elements.map(lineOf))] as const);
  return Object.fromEntries(lines);
}

function lineOf({ key, value, at, window: { start, end, id }, pane }: Element): string {
  return `${key}=${value} @${at} [${start},${end}${id === undefined ? '' : `:${id}`}) ${pane}`;
}

function counted(lines: readonly string[]): string[] {
  return [...new Set(lines)].map((line) => `${line} ×${lines.filter((other) => other === line).length}`).sort();
}

function sourcesOf({ streams, unit, events }: Scenario): (Collection | undefined)[] {
  const watermarks = streams.map(() => 0);
  const elements: Element[][] = streams.map(() => []);
  let value = 0;
  const arrive = (tag: number) => (arrival: Arrival) => {
    const at = watermarks[tag]! + arrival.after * unit;
    const window = GlobalWindow.INSTANCE;
    elements[tag]!.push({ key: arrival.key, value: String(value++), at, window, pane: UNFIRED });
  };
  for (const event of events) {
    if (event.kind === 'watermark') watermarks[event.tag]! += event.by * unit;
    if (event.kind === 'elements') event.elements.forEach(arrive(event.tag));
  }
  return streams.map((choice, i) => {
    const source = { name: `t${i}`, elements: elements[i]!, windowing: undefined, isMerged: false };
    return windowed(source, `w${i}`, choice, unit);
  });
}

function apply(
  step: Step,
  name: string,
  all: readonly (Collection | undefined)[],
  unit: number,
): (Collection | undefined)[] {
  const pick = (back: number) => all[all.length - 1 - (back % all.length)];
  const input = pick(step.from);
  const isPartition = step.kind === 'partition';
  if (input === undefined) return isPartition ? [undefined, undefined] : [undefined];
  const with_ = (elements: readonly Element[]): Collection => ({ ...input, name, elements });
  const each = (change: (element: Element) => Partial<Element>): Collection[] => [
    with_(input.elements.map((element) => ({ ...element, ...change(element) }))),
  ];
  switch (step.kind) {
    case 'window':
      return [windowed(input, name, step.windowing, unit)];
    case 'group':
      return [grouped(input, name, (values) => `[${sorted(values)}]`)];
    case 'combine':
      return [grouped(input, name, (values) => `<${sorted(values)}>`)];
    case 'stateful': {
      if (step.does !== 'expire' && step.does !== 'window') return [undefined];
      const isSet = step.does === 'window';
      const outputs = byKeyAndWindow(input.elements).flatMap((group) => {
        const { key, window } = group[0]!;
        const values = group.map(({ value }) => value);
        const seen = sorted(isSet ? new Set(values) : values);
        const texts = isSet ? [`end(${seen})`, `closed(${seen})`] : [`expired(${seen})`];
        return texts.map((value) => ({ key, value, at: window.maxTimestamp, window, pane: UNFIRED }));
      });
      return [with_(outputs)];
    }
    case 'side':
      return [undefined];
    case 'flatten': {
      const other = pick(step.other);
      if (other === undefined) return [undefined];
      const a = windowed(input, name, step.windowing, unit);
      const b = windowed(other, name, step.windowing, unit);
      return [a === undefined || b === undefined ? undefined : { ...a, elements: [...a.elements, ...b.elements] }];
    }
    case 'partition':
      return [0, 1].map((part) => ({
        ...with_(input.elements.filter(({ value }) => value.length % 2 === part)),
        name: `${name} ${part}`,
      }));
    case 'reshuffle':
      return each(() => ({}));
    case 'twice':
      return [
        with_(input.elements.flatMap((element) => [element, { ...element, value: digest(`${element.value}'`) }])),
      ];
    case 'finish':
      return each(() => ({ pane: UNFIRED }));
    case 'rekey':
      return each(({ key, value }) => ({ key: value.length % 2 === 0 ? 'a' : 'd', value: `${key}${value}` }));
    case 'later':
      return each(({ at, window }) => ({ at: Math.max(at, Math.min(at + unit, window.maxTimestamp)) }));
    case 'split': {
      const pieces = [0, 1, 2].flatMap((i) =>
        input.elements.map((element) => ({ ...element, value: digest(`${element.value}/${i}`), pane: UNFIRED })),
      );
      return [with_(pieces)];
    }
  }
}

function windowed(input: Collection, name: string, choice: WindowingChoice, unit: number): Collection | undefined {
  const { windows, size, period, offset } = choice;
  const [span, step] = [size * unit, period * unit];
  if (windows === 'days' || windows === 'months' || windows === 'merging') return undefined;
  // What is given to the end of time stands in windows that are cut off.
  if (input.elements.some(({ at }) => at > 1e15) && windows !== 'global') return undefined;
  const startBefore = (at: number, every: number) => {
    const shift = (offset * unit) % every;
    return Math.floor((at - shift) / every) * every + shift;
  };
  const custom = windowFnOf(choice, unit).factory?.();
  const assign = (element: Element): readonly BoundedWindow[] => {
    const { at, window } = element;
    switch (windows) {
      case 'global':
        return [GlobalWindow.INSTANCE];
      case 'fixed':
        return [new IntervalWindow(startBefore(at, span), startBefore(at, span) + span)];
      case 'sessions':
        return [new IntervalWindow(at, at + span)];
      case 'sliding': {
        const all: BoundedWindow[] = [];
        for (let start = startBefore(at, step); start + span > at; start -= step)
          all.push(new IntervalWindow(start, start + span));
        return all;
      }
      default: {
        const answer = custom!.assign(element, at, window);
        return Array.isArray(answer) ? (answer as BoundedWindow[]) : [answer as BoundedWindow];
      }
    }
  };
  const elements = input.elements.flatMap((element) => assign(element).map((window) => ({ ...element, window })));
  return { name, elements, windowing: choice, isMerged: false };
}

/** Undefined where windows may fire several times. */
function grouped(
  input: Collection,
  name: string,
  textOf: (values: readonly string[]) => string,
): Collection | undefined {
  const { windowing, isMerged } = input;
  if (windowing === undefined || windowing.trigger.kind !== 'default' || windowing.lateness > 0) return undefined;
  const isSession = windowing.windows === 'sessions' && !isMerged;
  const elements = byKeyAndWindow(isSession ? inSessions(input.elements) : input.elements).map((group): Element => {
    const { key, window } = group[0]!;
    const instants = group.map(({ at }) => Math.min(at, window.maxTimestamp));
    const at = {
      endOfWindow: window.maxTimestamp,
      earliest: Math.min(...instants),
      latest: Math.max(...instants),
    }[windowing.timestampCombiner];
    return { key, value: textOf(group.map(({ value }) => value)), at, window, pane: ONLY_PANE };
  });
  return { ...input, name, elements, isMerged: true };
}

function byKeyAndWindow(elements: readonly Element[]): Element[][] {
  const nameOf = ({ key, window: { start, end, id } }: Element) => JSON.stringify([key, start, end, id]);
  const names = [...new Set(elements.map(nameOf))];
  return names.map((name) => elements.filter((element) => nameOf(element) === name));
}

/** Each element in the session that it becomes a part of: what overlaps of a key, or overlaps with what does. */
function inSessions(elements: readonly Element[]): Element[] {
  return elements.map((element) => {
    let { start, end } = element.window;
    for (let before = Number.NaN; before !== end - start; ) {
      before = end - start;
      for (const { key, window } of elements) {
        if (key !== element.key || window.start >= end || window.end <= start) continue;
        start = Math.min(start, window.start);
        end = Math.max(end, window.end);
      }
    }
    return { ...element, window: windowOf(start, end, end - 1) };
  });
}
