import {
  afterCount,
  afterProcessingTime,
  afterWatermark,
  always,
  buildPlan,
  defaultTrigger,
  definePipeline,
  fixedWindows,
  never,
  repeatedly,
  sessionWindows,
  slidingWindows,
  type WindowFnDescriptor,
  type WindowOptions,
} from 'millrace';
import { expect, it } from 'vitest';
import { planToGraph } from '#millrace/runners/dataflow/index.js';

/** The kinds of operators that a count by key is made of, where it runs as several tasks. */
function kindsOf(windowFn: WindowFnDescriptor, options: WindowOptions): string {
  const definition = definePipeline({
    name: 'forms',
    build: (p) => {
      p.create(['a'])
        .windowInto(windowFn, { accumulation: 'discarding', ...options })
        .keyBy((word) => word)
        .countPerKey();
    },
  });
  const { plan } = buildPlan(definition, { inline: true });
  const { operators } = planToGraph(plan, { precombine: true });
  return operators
    .map(({ kind }) => kind)
    .filter((kind) => ['group', 'triggerGroup', 'precombine'].includes(kind))
    .join('+');
}

const fixed = fixedWindows(10);
const sliding = slidingWindows(10, 5);
const sessions = sessionWindows(10);
const late = { allowedLateness: 5 };

it.each<[string, WindowFnDescriptor, WindowOptions, string]>([
  ['the default trigger', fixed, {}, 'precombine+group'],
  ['the default trigger over sliding windows', sliding, {}, 'precombine+group'],
  ['the default trigger over sessions', sessions, {}, 'precombine+group'],
  ['the default trigger with lateness', fixed, late, 'precombine+group'],
  ['the default trigger with late sessions', sessions, late, 'group'],
  ['what comes to the default trigger', fixed, { trigger: afterWatermark() }, 'precombine+group'],
  [
    'late firings where nothing may be late',
    sliding,
    { trigger: afterWatermark({ late: always() }) },
    'precombine+group',
  ],
  ['never, where nothing may be late', sessions, { trigger: never() }, 'precombine+group'],
  ['late firings', fixed, { ...late, trigger: afterWatermark({ late: afterCount(3) }) }, 'precombine+triggerGroup'],
  ['never, with lateness', fixed, { ...late, trigger: never() }, 'precombine+triggerGroup'],
  ['an empty pane at the close', fixed, { ...late, closingBehavior: 'EMIT_ALWAYS' }, 'precombine+triggerGroup'],
  ['a count of elements', fixed, { trigger: repeatedly(afterCount(3)) }, 'triggerGroup'],
  ['early firings', fixed, { trigger: afterWatermark({ early: afterCount(3) }) }, 'triggerGroup'],
  ['processing time', fixed, { trigger: repeatedly(afterProcessingTime(5)) }, 'triggerGroup'],
  ['always', fixed, { trigger: always() }, 'triggerGroup'],
  ['late sessions that never fire', sessions, { ...late, trigger: never() }, 'triggerGroup'],
  ['a timestamp of the elements', fixed, { trigger: defaultTrigger(), timestampCombiner: 'latest' }, 'triggerGroup'],
])('%s takes the form that it needs, and no slower one', (_what, windowFn, options, kinds) => {
  expect(kindsOf(windowFn, options)).toBe(kinds);
});
