import type { Coder } from '../model/coder.js';
import type { JsonValue } from '../model/json.js';
import type { CoderSpec } from '../model/plan.js';
import { BEAM_CODER, MILLRACE_CODER } from '../model/urns.js';
import type { BoundedWindow } from '../model/window.js';
import { CODER_ERROR, coderError } from './errors.js';
import { iterableCoder, stateBackedIterableCoder } from './iterable.js';
import { kvCoder } from './kv.js';
import { lengthPrefixCoder } from './length-prefix.js';
import { nullableCoder } from './nullable.js';
import { payloadBytes } from './payload-bytes.js';
import { rowCoder } from './row.js';
import { boolCoder, bytesCoder, doubleCoder, stringUtf8Coder, varintCoder } from './scalars.js';
import { schemaFromJson } from './schema.js';
import { schemaFromProto } from './schema-proto.js';
import { shardedKeyCoder } from './sharded-key.js';
import { timerCoder } from './timer.js';
import { deterministicValueCoder, valueCoder } from './value.js';
import { customWindowCoder, globalWindowCoder, intervalWindowCoder, ownWindowCoder } from './window.js';
import { paramWindowedValueCoder, windowedValueCoder } from './windowed-value.js';

/** Makes the coder of one URN. */
export interface CoderFactory {
  /** How many component coders it has. */
  readonly components: number;
  make(components: readonly Coder<unknown>[], payload: JsonValue | undefined): Coder<unknown>;
}

const factories = new Map<string, CoderFactory>();

/** Teaches this process the coder of a URN; for libraries that bring coders of their own. */
export function registerCoder(urn: string, factory: CoderFactory): void {
  if (factories.has(urn)) throw coderError(CODER_ERROR.spec, `a coder is registered for ${urn} already`);
  factories.set(urn, factory);
}

/** The URNs that {@link coderFromSpec} knows, sorted. */
export function knownCoderUrns(): string[] {
  return [...factories.keys()].sort();
}

/** One coder as it stands in a plan; `idOf` gives the ids of its components. */
export function coderToSpec(coder: Coder<unknown>, idOf: (component: Coder<unknown>) => string): CoderSpec {
  return {
    spec: { urn: coder.urn, ...(coder.payload !== undefined && { payload: coder.payload }) },
    ...(coder.components.length > 0 && { componentCoderIds: coder.components.map(idOf) }),
  };
}

/**
 * The coder of an id in a plan's table of coders. Unknown URNs, missing ids and cycles are errors that name them. `others`
 * are factories that count before those that are registered: for coders that need what only their user has.
 */
export function coderFromSpec(
  id: string,
  coders: { readonly [id: string]: CoderSpec },
  others: ReadonlyMap<string, CoderFactory> = NONE,
): Coder<unknown> {
  return resolve(id, coders, [], new Map(), others);
}

const NONE: ReadonlyMap<string, CoderFactory> = new Map();

/** Pairs of pairs of pairs: deeper than this is no coder that anybody made. */
const DEPTH_LIMIT = 100;

function resolve(
  id: string,
  coders: { readonly [id: string]: CoderSpec },
  above: readonly string[],
  made: Map<string, Coder<unknown>>,
  others: ReadonlyMap<string, CoderFactory>,
): Coder<unknown> {
  // Once for each id: a table in which each coder has the next as both its components would take forever else.
  const known = made.get(id);
  if (known !== undefined) return known;
  const spec = Object.hasOwn(coders, id) ? coders[id] : undefined;
  if (spec === undefined)
    throw coderError(CODER_ERROR.spec, `the plan has no coder ${JSON.stringify(id)}${usedBy(above)}`);
  if (above.includes(id))
    throw coderError(CODER_ERROR.spec, `the coder ${JSON.stringify(id)} is a component of itself${usedBy(above)}`);
  if (above.length > DEPTH_LIMIT)
    throw coderError(CODER_ERROR.spec, `coders nest deeper than ${DEPTH_LIMIT}${usedBy(above)}`);
  const { urn, payload } = spec.spec;
  const factory = others.get(urn) ?? factories.get(urn);
  if (factory === undefined)
    throw coderError(
      CODER_ERROR.unknown,
      `the coder ${JSON.stringify(id)} has the unknown URN ${urn}${usedBy(above)}`,
      {
        hint: 'a library that brings a coder registers it with registerCoder(urn, factory) where it is loaded',
      },
    );
  const componentIds = spec.componentCoderIds ?? [];
  if (componentIds.length !== factory.components)
    throw coderError(
      CODER_ERROR.spec,
      `the coder ${JSON.stringify(id)} (${urn}) has ${componentIds.length} components, not ${factory.components}`,
    );
  const inside = [...above, id];
  const coder = factory.make(
    componentIds.map((component) => resolve(component, coders, inside, made, others)),
    payload,
  );
  made.set(id, coder);
  return coder;
}

const usedBy = (above: readonly string[]): string =>
  above.length === 0 ? '' : ` (a component of ${JSON.stringify(above.at(-1))})`;

function plain(urn: string, make: () => Coder<unknown>): void {
  registerCoder(urn, { components: 0, make });
}

function unary(urn: string, make: (component: Coder<unknown>) => Coder<unknown>): void {
  registerCoder(urn, { components: 1, make: ([component]) => make(component!) });
}

function binary(urn: string, make: (first: Coder<unknown>, second: Coder<unknown>) => Coder<unknown>): void {
  registerCoder(urn, { components: 2, make: ([first, second]) => make(first!, second!) });
}

plain(MILLRACE_CODER.value, valueCoder);
plain(MILLRACE_CODER.key, deterministicValueCoder);
plain(BEAM_CODER.bytes, bytesCoder);
plain(BEAM_CODER.stringUtf8, stringUtf8Coder);
plain(BEAM_CODER.bool, boolCoder);
plain(BEAM_CODER.varint, varintCoder);
plain(BEAM_CODER.double, doubleCoder);
binary(BEAM_CODER.kv, kvCoder);
unary(BEAM_CODER.iterable, iterableCoder);
unary(BEAM_CODER.stateBackedIterable, (element) => stateBackedIterableCoder(element));
unary(BEAM_CODER.nullable, nullableCoder);
unary(BEAM_CODER.lengthPrefix, lengthPrefixCoder);
unary(BEAM_CODER.shardedKey, shardedKeyCoder);
plain(BEAM_CODER.globalWindow, globalWindowCoder);
plain(BEAM_CODER.intervalWindow, intervalWindowCoder);
plain(MILLRACE_CODER.window, ownWindowCoder);
unary(BEAM_CODER.customWindow, (window) => customWindowCoder(window as Coder<BoundedWindow>));
binary(BEAM_CODER.timer, (key, window) => timerCoder(key, window as Coder<BoundedWindow>));
binary(BEAM_CODER.windowedValue, (value, window) => windowedValueCoder(value, window as Coder<BoundedWindow>));
registerCoder(BEAM_CODER.paramWindowedValue, {
  components: 2,
  make([value, window], payload) {
    const bytes = payloadBytes(payload);
    if (bytes === undefined)
      throw coderError(CODER_ERROR.spec, `${BEAM_CODER.paramWindowedValue} has no payload of bytes`);
    return paramWindowedValueCoder(value!, window as Coder<BoundedWindow>, bytes);
  },
});
registerCoder(BEAM_CODER.row, {
  components: 0,
  make(_, payload) {
    // Bytes are the schema of another SDK, which has no bigint64().
    const bytes = payloadBytes(payload);
    return bytes === undefined
      ? rowCoder(schemaFromJson(payload))
      : rowCoder(schemaFromProto(bytes), { wideIntegers: 'bigint' });
  },
});
