import { BEAM_CODER, BEAM_TRANSFORM } from '../../sdk/model/index.js';

/** URNs of the protocol that our harness really speaks; what an engine may use when it talks to it. */
export const CAPABILITIES: readonly string[] = [
  'beam:protocol:progress_reporting:v1',
  'beam:protocol:harness_monitoring_infos:v1',
  // Little input comes within the instruction that asks for a bundle.
  'beam:protocol:control_request_elements_embedding:v1',
  'beam:protocol:multi_core_bundle_processing:v1',
  BEAM_TRANSFORM.sdfTruncateSizedRestrictions,
  'beam:protocol:state_caching:v1',
  BEAM_CODER.bytes,
  BEAM_CODER.stringUtf8,
  BEAM_CODER.kv,
  BEAM_CODER.bool,
  BEAM_CODER.varint,
  BEAM_CODER.double,
  BEAM_CODER.iterable,
  BEAM_CODER.stateBackedIterable,
  BEAM_CODER.timer,
  BEAM_CODER.intervalWindow,
  BEAM_CODER.lengthPrefix,
  BEAM_CODER.globalWindow,
  BEAM_CODER.windowedValue,
  BEAM_CODER.row,
  BEAM_CODER.nullable,
];
