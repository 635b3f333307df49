import {
  BEAM_SIDE_INPUT,
  BEAM_TRANSFORM,
  MAIN_TAG,
  MILLRACE_COMBINE_FN,
  MILLRACE_DO_FN,
  MILLRACE_VIEW_FN,
  MILLRACE_WINDOW_MAPPING,
  type Plan,
  type TransformSpec,
} from 'millrace';
import { samplePlan } from './sample-plan.js';

const counting = { urn: MILLRACE_COMBINE_FN.combineFn, payload: { fn: { kind: 'inline', token: 'count' } } };

/** A step with something of everything that a ParDo may declare. */
const remember: TransformSpec = {
  uniqueName: 'remember',
  spec: {
    urn: BEAM_TRANSFORM.parDo,
    payload: {
      doFn: {
        urn: MILLRACE_DO_FN.doFn,
        payload: { fn: { kind: 'rebuild', step: 'remember', slot: 'fn', textHash: '0' } },
      },
      sideInputs: {
        rates: {
          accessPattern: { urn: BEAM_SIDE_INPUT.multimap },
          viewFn: { urn: MILLRACE_VIEW_FN.map },
          windowMappingFn: { urn: MILLRACE_WINDOW_MAPPING.byMaxTimestamp },
        },
        limit: {
          accessPattern: { urn: BEAM_SIDE_INPUT.iterable },
          viewFn: { urn: MILLRACE_VIEW_FN.singleton, payload: { default: 'AAE=' } },
          windowMappingFn: { urn: MILLRACE_WINDOW_MAPPING.byMaxTimestamp },
        },
      },
      stateSpecs: {
        last: { kind: 'value', coderId: 'value' },
        all: { kind: 'bag', coderId: 'value', ttlMs: 60_000 },
        sum: { kind: 'combining', combineFn: counting, accumulatorCoderId: 'value' },
        by: { kind: 'map', keyCoderId: 'value', coderId: 'bytes' },
        seen: { kind: 'set', coderId: 'value' },
        log: { kind: 'orderedList', coderId: 'value', ttlMs: 1 },
        lists: { kind: 'multimap', keyCoderId: 'bytes', coderId: 'value' },
      },
      timerFamilySpecs: { flush: { timeDomain: 'EVENT_TIME' }, tick: { timeDomain: 'PROCESSING_TIME' } },
      onWindowExpiration: true,
    },
  },
  inputs: { [MAIN_TAG]: 'p1', rates: 'p1', limit: 'p0' },
  outputs: { [MAIN_TAG]: 'remembered' },
  environmentId: 'node',
};

/** The sample plan, and beside it a step with state, timers and side inputs. */
export function statefulPlan(): Plan {
  const plan = samplePlan();
  const { transforms, pcollections } = plan.components;
  const output = { ...pcollections.p1!, uniqueName: 'remember.out', coderId: 'value' };
  return {
    ...plan,
    components: {
      ...plan.components,
      transforms: { ...transforms, remember },
      pcollections: { ...pcollections, remembered: output },
    },
    rootTransformIds: [...plan.rootTransformIds, 'remember'],
  };
}
