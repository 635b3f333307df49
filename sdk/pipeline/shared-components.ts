import { coderToSpec } from '../coders/index.js';
import { canonicalJson } from '../model/canonical-json.js';
import type { Coder } from '../model/coder.js';
import type { CoderSpec } from '../model/plan.js';
import type { WindowingStrategySpec } from '../model/windowing.js';
import { coderKey } from './coder-key.js';
import { shortHash } from './plan-ids.js';
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

/** The windowing strategies of a plan, each once. */
export class WindowingTable {
  readonly specs = new Map<string, WindowingStrategySpec>();
  readonly #coders: CoderTable;
  readonly #environmentId: string;

  constructor(coders: CoderTable, environmentId: string) {
    this.#coders = coders;
    this.#environmentId = environmentId;
  }

  idOf(windowing: Windowing): string {
    const { windowFn, ...rest } = windowing;
    const spec: WindowingStrategySpec = {
      ...rest,
      windowFn: windowFn.spec,
      windowCoderId: this.#coders.idOfUrn(windowFn.windowCoderUrn),
      assignsToOneWindow: windowFn.assignsToOneWindow,
      environmentId: this.#environmentId,
    };
    const name = shortName(windowFn.spec.urn);
    const id = sameWindowing(windowing, DEFAULT_WINDOWING) ? name : `${name}-${shortHash(canonicalJson(spec))}`;
    this.specs.set(id, spec);
    return id;
  }
}
