import type { JsonValue } from 'millrace';

/** JSON that tests may change. */
// biome-ignore lint/suspicious/noExplicitAny: tests damage the plan in ways that no type allows.
export type Loose = any;

const BUNDLE = 'ab'.repeat(32);
const rebuild = (step: string, slot = 'fn') => ({ kind: 'rebuild', step, slot, textHash: '0123456789abcdef' });

/** A plan that uses every part: words, windowed, keyed, combined; a source, a flatten and an opaque composite beside. */
export function samplePlan(): Loose {
  const pardo = (name: string, input: string, output: string, kind = 'map') => ({
    uniqueName: name,
    spec: {
      urn: 'beam:transform:pardo:v1',
      payload: { doFn: { urn: `millrace:do_fn:${kind}:v1`, payload: { fn: rebuild(name) } } },
    },
    inputs: { main: input },
    outputs: { main: output },
    environmentId: 'node',
  });
  const pcollection = (name: string, coderId = 'value') => ({
    uniqueName: name,
    coderId,
    isBounded: 'BOUNDED',
    windowingStrategyId: 'global',
  });
  const combine = {
    combineFn: { urn: 'millrace:combine_fn:combine_fn:v1', payload: { fn: rebuild('count', 'combineFn') } },
    accumulatorCoderId: 'value',
  };
  const fixed = { urn: 'beam:window_fn:fixed_windows:v1', payload: { sizeMs: 10_000, offsetMs: 0 } };
  const strategy = {
    windowFn: { urn: 'beam:window_fn:global_windows:v1' },
    mergeStatus: 'NON_MERGING',
    windowCoderId: 'globalWindow',
    trigger: { kind: 'default' },
    accumulationMode: 'DISCARDING',
    outputTime: 'END_OF_WINDOW',
    closingBehavior: 'EMIT_IF_NONEMPTY',
    onTimeBehavior: 'FIRE_ALWAYS',
    allowedLatenessMs: 0,
    assignsToOneWindow: true,
  };
  const plan = {
    formatVersion: '1.0',
    name: 'word-count',
    components: {
      transforms: {
        lines: {
          uniqueName: 'lines',
          subtransforms: ['lines-impulse', 'lines-create'],
          inputs: {},
          outputs: { main: 'lines-out' },
        },
        'lines-impulse': {
          uniqueName: 'lines/impulse',
          spec: { urn: 'beam:transform:impulse:v1' },
          inputs: {},
          outputs: { main: 'lines-start' },
        },
        'lines-create': {
          uniqueName: 'lines/create',
          spec: {
            urn: 'beam:transform:pardo:v1',
            payload: {
              doFn: {
                urn: 'millrace:do_fn:create:v1',
                payload: { elements: ['AQID', ''], timestamps: [1, '-9223372036854775'] },
              },
            },
          },
          inputs: { main: 'lines-start' },
          outputs: { main: 'lines-out' },
          environmentId: 'node',
        },
        read: {
          uniqueName: 'read',
          spec: {
            urn: 'beam:transform:pardo:v1',
            payload: {
              doFn: { urn: 'millrace:do_fn:splittable:v1', payload: { fn: rebuild('read', 'doFn'), isBounded: true } },
              restrictionCoderId: 'value',
            },
          },
          inputs: { main: 'lines-out' },
          outputs: { main: 'read-out' },
          environmentId: 'node',
        },
        words: pardo('words', 'read-out', 'words-out', 'flat_map'),
        both: {
          uniqueName: 'both',
          spec: { urn: 'beam:transform:flatten:v1' },
          inputs: { 0: 'words-out', 1: 'lines-out' },
          outputs: { main: 'both-out' },
        },
        window: {
          uniqueName: 'window',
          spec: { urn: 'beam:transform:window_into:v1', payload: { windowFn: fixed } },
          inputs: { main: 'both-out' },
          outputs: { main: 'window-out' },
        },
        key: pardo('key', 'window-out', 'key-out', 'key_by'),
        count: {
          uniqueName: 'count',
          spec: { urn: 'beam:transform:combine_per_key:v1', payload: combine },
          subtransforms: ['count-group', 'count-combine'],
          inputs: { main: 'key-out' },
          outputs: { main: 'count-out' },
        },
        'count-group': {
          uniqueName: 'count/GroupByKey',
          spec: { urn: 'beam:transform:group_by_key:v1' },
          inputs: { main: 'key-out' },
          outputs: { main: 'count-group-out' },
        },
        'count-combine': {
          uniqueName: 'count/Combine',
          spec: { urn: 'beam:transform:combine_grouped_values:v1', payload: combine },
          inputs: { main: 'count-group-out' },
          outputs: { main: 'count-out' },
          environmentId: 'node',
        },
        foreign: {
          uniqueName: 'foreign',
          spec: { urn: 'beam:transform:of_others:v9', payload: { $bytes: 'AQIDBA==' } },
          inputs: { i0: 'count-out' },
          outputs: {},
          annotations: { note: 'kept' },
        },
        nothing: {
          uniqueName: 'nothing',
          subtransforms: [],
          inputs: { main: 'count-out' },
          outputs: { main: 'count-out' },
        },
      },
      pcollections: {
        'lines-start': pcollection('lines/impulse.out', 'bytes'),
        'lines-out': pcollection('lines.out'),
        'read-out': pcollection('read.out'),
        'words-out': pcollection('words.out'),
        'both-out': pcollection('both.out'),
        'window-out': { ...pcollection('window.out'), windowingStrategyId: 'fixed' },
        'key-out': { ...pcollection('key.out', 'pair'), windowingStrategyId: 'fixed' },
        'count-group-out': { ...pcollection('count/GroupByKey.out', 'grouped'), windowingStrategyId: 'fixed' },
        'count-out': { ...pcollection('count.out', 'pair'), windowingStrategyId: 'fixed' },
      },
      windowingStrategies: {
        global: strategy,
        fixed: {
          ...strategy,
          windowFn: fixed,
          windowCoderId: 'intervalWindow',
          trigger: {
            kind: 'repeat',
            subtrigger: { kind: 'afterEndOfWindow', lateFirings: { kind: 'elementCount', count: 3 } },
          },
        },
      },
      coders: {
        value: { spec: { urn: 'millrace:coder:value:v1' } },
        bytes: { spec: { urn: 'beam:coder:bytes:v1' } },
        pair: { spec: { urn: 'beam:coder:kv:v1' }, componentCoderIds: ['value', 'value'] },
        values: { spec: { urn: 'beam:coder:iterable:v1' }, componentCoderIds: ['value'] },
        grouped: { spec: { urn: 'beam:coder:kv:v1' }, componentCoderIds: ['value', 'values'] },
        globalWindow: { spec: { urn: 'beam:coder:global_window:v1' } },
        intervalWindow: { spec: { urn: 'beam:coder:interval_window:v1' } },
      },
      environments: {
        node: { urn: 'millrace:env:node:v1', payload: { bundle: BUNDLE, export: 'default', millraceVersion: '0.1.0' } },
      },
    },
    rootTransformIds: ['lines', 'read', 'words', 'both', 'window', 'key', 'count', 'foreign', 'nothing'],
    requirements: ['beam:requirement:pardo:splittable_dofn:v1'],
    options: { input: 'a.txt', password: { $secret: 'PASSWORD' } },
    displayData: { read: { source: 'main.ts:3:5' }, key: { source: 'main.ts:9:7' }, lines: { source: 'main.ts:2:2' } },
  } satisfies JsonValue;
  // No part is shared, so that a change to one place changes nothing else.
  return JSON.parse(JSON.stringify(plan));
}
