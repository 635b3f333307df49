import { coderToSpec, customWindowCoder, ownWindowCoder } from '../coders/index.js';
import { canonicalJson } from '../model/canonical-json.js';
import type { Coder } from '../model/coder.js';
import type { UserFunctionRef } from '../model/payloads.js';
import type { CoderSpec, FunctionSpec } from '../model/plan.js';
import { BEAM_CODER } from '../model/urns.js';
import type { WindowingStrategySpec } from '../model/windowing.js';
import { asJson } from './as-json.js';
import { coderKey } from './coder-key.js';
import { type FunctionEntry, factoryEntry } from './function-table.js';
import { shortHash } from './plan-ids.js';
import type { WindowFnDescriptor } from './window-fns.js';
import { DEFAULT_WINDOWING, sameWindowing, type Windowing } from './windowing.js';

/** The last telling part of a URN: `kv` of `beam:coder:kv:v1`. */
const shortName = (urn: string): string => (urn.split(':').at(-2) ?? urn).replace(/[^A-Za-z0-9_-]/g, '_');

const LONGEST_NAME = 60;

/** The coders of a plan, each once; ids say what they are. */
export class CoderTable {
  readonly specs = new Map<string, CoderSpec>();
  readonly #ids = new Map<string, string>();

  idOf(coder: Coder<unknown>): string {
    const key = coderKey(coder);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    return this.#add(
      key,
      shortName(coder.urn),
      coder.payload !== undefined,
      coderToSpec(coder, (c) => this.idOf(c)),
    );
  }

  /** A coder of windows: known by its URN alone. */
  idOfUrn(urn: string): string {
    const key = canonicalJson({ urn, components: [] });
    return this.#ids.get(key) ?? this.#add(key, shortName(urn), false, { spec: { urn } });
  }

  #add(key: string, name: string, hasPayload: boolean, spec: CoderSpec): string {
    const readable = [name, ...(spec.componentCoderIds ?? [])].join('-');
    const isTelling = !hasPayload && readable.length <= LONGEST_NAME && !this.specs.has(readable);
    const id = isTelling ? readable : `${name}-${shortHash(key)}`;
    this.specs.set(id, spec);
    this.#ids.set(key, id);
    return id;
  }
}

/** The slot of the function of a WindowInto. */
export const WINDOW_FN_SLOT = 'windowFn';

/** The windowing strategies of a plan, each once. */
export class WindowingTable {
  readonly specs = new Map<string, WindowingStrategySpec>();
  readonly #coders: CoderTable;
  readonly #environmentId: string;
  /** Of the author's window functions, by their factories. */
  readonly #custom = new Map<unknown, FunctionSpec>();

  constructor(coders: CoderTable, environmentId: string) {
    this.#coders = coders;
    this.#environmentId = environmentId;
  }

  /** A window function as a plan has it; `enter` answers the reference of one that was not met before. */
  specOf(windowFn: WindowFnDescriptor<never>, enter: (entry: FunctionEntry) => UserFunctionRef): FunctionSpec {
    const { spec, factory } = windowFn;
    if (factory === undefined) return spec;
    let entered = this.#custom.get(factory);
    if (entered === undefined) {
      entered = { ...spec, payload: asJson({ fn: enter(factoryEntry(factory)) }) };
      this.#custom.set(factory, entered);
    }
    return entered;
  }

  idOf(windowing: Windowing): string {
    const { windowFn, ...rest } = windowing;
    const spec: WindowingStrategySpec = {
      ...rest,
      windowFn: this.#custom.get(windowFn.factory) ?? windowFn.spec,
      windowCoderId: this.#windowCoderId(windowFn.windowCoderUrn),
      assignsToOneWindow: windowFn.assignsToOneWindow,
      environmentId: this.#environmentId,
    };
    const name = shortName(windowFn.spec.urn);
    const id = sameWindowing(windowing, DEFAULT_WINDOWING) ? name : `${name}-${shortHash(canonicalJson(spec))}`;
    this.specs.set(id, spec);
    return id;
  }

  #windowCoderId(urn: string): string {
    if (urn !== BEAM_CODER.customWindow) return this.#coders.idOfUrn(urn);
    return this.#coders.idOf(customWindowCoder(ownWindowCoder()) as Coder<unknown>);
  }
}
