import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  BEAM_WINDOW_FN,
  MAIN_TAG,
  MILLRACE_CODER,
  MILLRACE_COMBINE_FN,
  MILLRACE_DO_FN,
  MILLRACE_ENVIRONMENT,
  PLAN_FORMAT_VERSION,
  type Plan,
  type TriggerSpec,
  type WindowingStrategySpec,
} from 'millrace';
import { int64, nullable, row, schemaToJson, string } from 'millrace/coders';

const strategy = (
  windowFn: WindowingStrategySpec['windowFn'],
  trigger: TriggerSpec = { kind: 'default' },
): WindowingStrategySpec => ({
  windowFn,
  mergeStatus: windowFn.urn === BEAM_WINDOW_FN.session ? 'NEEDS_MERGE' : 'NON_MERGING',
  windowCoderId: windowFn.urn === BEAM_WINDOW_FN.global ? 'global' : 'interval',
  trigger,
  accumulationMode: 'DISCARDING',
  outputTime: 'END_OF_WINDOW',
  closingBehavior: 'EMIT_IF_NONEMPTY',
  onTimeBehavior: 'FIRE_ALWAYS',
  allowedLatenessMs: 1_500,
  assignsToOneWindow: windowFn.urn !== BEAM_WINDOW_FN.sliding,
});

const fn = (step: string, slot = 'fn') => ({ kind: 'rebuild', step, slot, textHash: '0123456789abcdef' }) as const;

/** A plan with something of everything that Beam's Pipeline message carries. */
export function samplePlan(trigger: TriggerSpec = { kind: 'default' }): Plan {
  const sessions = { urn: BEAM_WINDOW_FN.session, payload: { gapMs: 90_250 } };
  const counting = { urn: MILLRACE_COMBINE_FN.combineFn, payload: { fn: fn('count', 'combineFn') } };
  const combine = { combineFn: counting, accumulatorCoderId: 'value' };
  return {
    formatVersion: PLAN_FORMAT_VERSION,
    name: 'sample',
    components: {
      transforms: {
        impulse: {
          uniqueName: 'read/impulse',
          spec: { urn: BEAM_TRANSFORM.impulse },
          inputs: {},
          outputs: { [MAIN_TAG]: 'p0' },
        },
        source: {
          uniqueName: 'read/source',
          spec: {
            urn: BEAM_TRANSFORM.parDo,
            payload: {
              doFn: { urn: MILLRACE_DO_FN.splittable, payload: { fn: fn('read/source', 'doFn'), isBounded: true } },
              restrictionCoderId: 'value',
            },
          },
          inputs: { [MAIN_TAG]: 'p0' },
          outputs: { [MAIN_TAG]: 'p1' },
          environmentId: 'node',
          annotations: { note: { text: 'Größe', list: [1, 2] } },
        },
        read: { uniqueName: 'read', subtransforms: ['impulse', 'source'], inputs: {}, outputs: { [MAIN_TAG]: 'p1' } },
        window: {
          uniqueName: 'window',
          spec: { urn: BEAM_TRANSFORM.windowInto, payload: { windowFn: sessions } },
          inputs: { [MAIN_TAG]: 'p1' },
          outputs: { [MAIN_TAG]: 'p2' },
          environmentId: 'node',
        },
        group: {
          uniqueName: 'count/group',
          spec: { urn: BEAM_TRANSFORM.groupByKey },
          inputs: { [MAIN_TAG]: 'p2' },
          outputs: { [MAIN_TAG]: 'p3' },
        },
        merge: {
          uniqueName: 'count/merge',
          spec: { urn: BEAM_TRANSFORM.combineGroupedValues, payload: combine },
          inputs: { [MAIN_TAG]: 'p3' },
          outputs: { [MAIN_TAG]: 'p4' },
          environmentId: 'node',
        },
        count: {
          uniqueName: 'count',
          spec: { urn: BEAM_TRANSFORM.combinePerKey, payload: combine },
          subtransforms: ['group', 'merge'],
          inputs: { [MAIN_TAG]: 'p2' },
          outputs: { [MAIN_TAG]: 'p4' },
          environmentId: 'node',
        },
        script: {
          uniqueName: 'script',
          spec: {
            urn: BEAM_TRANSFORM.testStream,
            payload: {
              coderId: 'value',
              events: [
                {
                  kind: 'elements',
                  elements: [
                    { encoded: 'AAEC', timestamp: -5 },
                    { encoded: '', timestamp: '-9223372036854775' },
                  ],
                },
                { kind: 'watermark', tag: 'main', timestamp: 10 },
                { kind: 'processingTime', advanceMs: 90_000 },
                { kind: 'watermark', timestamp: '9223372036854775' },
              ],
            },
          },
          inputs: {},
          outputs: { [MAIN_TAG]: 'p5' },
        },
        opaque: {
          uniqueName: 'opaque',
          spec: { urn: 'example:transform:opaque:v1', payload: { $bytes: 'AAECAw==' } },
          inputs: { [MAIN_TAG]: 'p4' },
          outputs: {},
        },
      },
      pcollections: {
        p0: { uniqueName: 'read/impulse.out', coderId: 'bytes', isBounded: 'BOUNDED', windowingStrategyId: 'global' },
        p1: { uniqueName: 'read/source.out', coderId: 'kv', isBounded: 'UNBOUNDED', windowingStrategyId: 'global' },
        p2: { uniqueName: 'window.out', coderId: 'kv', isBounded: 'UNBOUNDED', windowingStrategyId: 'sessions' },
        p3: {
          uniqueName: 'count/group.out',
          coderId: 'grouped',
          isBounded: 'UNBOUNDED',
          windowingStrategyId: 'sessions',
        },
        p5: { uniqueName: 'script.main', coderId: 'value', isBounded: 'UNBOUNDED', windowingStrategyId: 'global' },
        p4: { uniqueName: 'count.out', coderId: 'kv', isBounded: 'UNBOUNDED', windowingStrategyId: 'sessions' },
      },
      windowingStrategies: {
        global: strategy({ urn: BEAM_WINDOW_FN.global }),
        fixed: strategy({ urn: BEAM_WINDOW_FN.fixed, payload: { sizeMs: 60_000, offsetMs: -250 } }, trigger),
        sliding: strategy({ urn: BEAM_WINDOW_FN.sliding, payload: { sizeMs: 60_000, periodMs: 15_001, offsetMs: 3 } }),
        sessions: strategy(sessions),
      },
      coders: {
        bytes: { spec: { urn: BEAM_CODER.bytes } },
        value: { spec: { urn: MILLRACE_CODER.value } },
        kv: { spec: { urn: BEAM_CODER.kv }, componentCoderIds: ['value', 'value'] },
        iterable: { spec: { urn: BEAM_CODER.iterable }, componentCoderIds: ['value'] },
        grouped: { spec: { urn: BEAM_CODER.kv }, componentCoderIds: ['value', 'iterable'] },
        global: { spec: { urn: BEAM_CODER.globalWindow } },
        interval: { spec: { urn: BEAM_CODER.intervalWindow } },
        row: { spec: { urn: BEAM_CODER.row, payload: schemaToJson(row({ id: int64(), name: nullable(string()) })) } },
      },
      environments: {
        node: {
          urn: MILLRACE_ENVIRONMENT.node,
          payload: { bundle: 'ab'.repeat(32), export: 'default', millraceVersion: '0.1.0' },
        },
      },
    },
    rootTransformIds: ['read', 'window', 'count', 'opaque', 'script'],
    requirements: ['beam:requirement:pardo:splittable_dofn:v1'],
    options: { input: 'a.txt', password: { $secret: 'PASSWORD' } },
    displayData: { source: { source: 'examples/sample.ts:3:5' } },
  };
}
