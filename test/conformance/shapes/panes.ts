import {
  type DoFn,
  fixedWindows,
  GlobalWindow,
  type PaneInfo,
  type PCollection,
  type Pipeline,
  type PipelineDefinition,
  type ProcessContext,
  type TriggerSpec,
  type WindowOptions,
} from 'millrace';
import { conformanceCase, type Requirement } from '../case.js';
import { boundsOf } from './where.js';

/*
 * Panes of bounded input. Which elements stand in a pane depends on their order, which no runner promises; how many
 * there are does not.
 */

export const triggerCase = (build: (p: Pipeline) => void): PipelineDefinition =>
  conformanceCase(build, { requires: ['triggers'] });
export const exactCase = (build: (p: Pipeline) => void, ...beside: readonly Requirement[]): PipelineDefinition =>
  conformanceCase(build, { requires: ['triggers', ...beside], exactPanes: true });

/** So many numbers, all at instant 1. */
export const numbers = (p: Pipeline, count: number): PCollection<number> => {
  const all = Array.from({ length: count }, (_, i) => i);
  return p.create('Numbers', all, { timestamps: all.map(() => 1) });
};

const paneText = ({ timing, index, nonSpeculativeIndex, isFirst, isLast }: PaneInfo): string =>
  `${timing} ${index}/${nonSpeculativeIndex}${isFirst ? ' first' : ''}${isLast ? ' last' : ''}`;

class PaneFn implements DoFn<number | string, string> {
  process(what: number | string, context: ProcessContext<string>): void {
    context.output(`${what} ${paneText(context.pane)}`);
  }
}

/** Says of a pane what it holds, and which one it is: `2 EARLY 0/-1 first`. */
export const panes = (what: PCollection<number | string>): PCollection<string> =>
  what.parDo('Panes', () => new PaneFn());

class PlacedPaneFn implements DoFn<string, string> {
  process(what: string, context: ProcessContext<string>): void {
    const { timestamp, window } = context;
    const place = window === GlobalWindow.INSTANCE ? '' : `@${timestamp}${boundsOf(window)}`;
    context.output(`${what}${place} ${paneText(context.pane)}`);
  }
}

/** The same, and where it stands: `1,2@9[0,10) EARLY 0/-1 first`; of the global window it says nothing. */
export const placedPanes = (what: PCollection<string>): PCollection<string> =>
  what.parDo('Panes', () => new PlacedPaneFn());

export const discarding = (trigger: TriggerSpec, options: WindowOptions = {}): WindowOptions => ({
  trigger,
  accumulation: 'discarding',
  onTimeBehavior: 'FIRE_IF_NONEMPTY',
  ...options,
});

/** How many elements stand in each pane of one key. */
export function sizes(input: PCollection<number>, options: WindowOptions): PCollection<string> {
  const grouped = input
    .windowInto('Windows', fixedWindows(10), options)
    .keyBy(() => 'k')
    .groupByKey('Group');
  return panes(grouped.map('Size', ({ value }) => [...value].length));
}
