import { BEAM_CODER, type CoderSpec, type StatePayload } from '../../sdk/model/index.js';

/*
 * Every engine keeps bags, and only some keep more. So every cell is stored as a bag, of elements of this shape:
 *   value, bag          the value
 *   combining           an accumulator
 *   map                 {key, value: [value]}, or {key, value: []} where the key was removed; the last one of a key counts
 *   multimap            {key, value: [value]}, or {key, value: []} where all before it were removed
 *   set                 {key: element, value: true}, or false where it was removed
 *   orderedList         {key: timestamp, value}
 * and of {key: instant of writing, value: that} where the cell has a time to live.
 */

const INSTANT_CODER = 'millrace_instant';
const FLAG_CODER = 'millrace_flag';

/** The cell as engines are to keep it. Coders that it needs are added to `coders`, under ids that begin with `prefix`. */
export function storedState(spec: StatePayload, prefix: string, coders: Record<string, CoderSpec>): StatePayload {
  const plain = spec.kind === 'value' || spec.kind === 'bag' || spec.kind === 'combining';
  if (plain && spec.ttlMs === undefined) return spec;
  const element = elementCoder(spec, prefix, coders);
  return { kind: 'bag', coderId: spec.ttlMs === undefined ? element : timed(element, prefix, coders) };
}

function elementCoder(spec: StatePayload, prefix: string, coders: Record<string, CoderSpec>): string {
  const pair = (key: string, value: string): string => {
    const id = `${prefix}_entry`;
    coders[id] = { spec: { urn: BEAM_CODER.kv }, componentCoderIds: [key, value] };
    return id;
  };
  switch (spec.kind) {
    case 'value':
    case 'bag':
      return spec.coderId;
    case 'combining':
      return spec.accumulatorCoderId;
    case 'map':
    case 'multimap': {
      const optional = `${prefix}_optional`;
      coders[optional] = { spec: { urn: BEAM_CODER.iterable }, componentCoderIds: [spec.coderId] };
      return pair(spec.keyCoderId, optional);
    }
    case 'set':
      coders[FLAG_CODER] = { spec: { urn: BEAM_CODER.bool } };
      return pair(spec.coderId, FLAG_CODER);
    case 'orderedList':
      coders[INSTANT_CODER] = { spec: { urn: BEAM_CODER.double } };
      return pair(INSTANT_CODER, spec.coderId);
  }
}

function timed(element: string, prefix: string, coders: Record<string, CoderSpec>): string {
  const id = `${prefix}_timed`;
  coders[INSTANT_CODER] = { spec: { urn: BEAM_CODER.double } };
  coders[id] = { spec: { urn: BEAM_CODER.kv }, componentCoderIds: [INSTANT_CODER, element] };
  return id;
}
