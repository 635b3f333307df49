import { coderFromSpec, encodeToBytes } from '../../sdk/coders/index.js';
import {
  BEAM_SIDE_INPUT,
  type BoundedWindow,
  type Coder,
  type Components,
  MillraceError,
  type ParDoPayload,
  type Plan,
  type SideInputPayload,
} from '../../sdk/model/index.js';
import {
  type KernelHost,
  type SideInputSource,
  type SideWindowMapping,
  sideWindowMapping,
  viewMaker,
} from '../kernel/index.js';
import { authoredTransform } from './authored.js';
import { FetchedMultimap, type KeyedSource } from './fetched-multimap.js';
import { PagedValues } from './paged-values.js';
import type { StageTransform } from './stage-graph.js';
import type { StateKey, StateService } from './state-calls.js';

interface Side {
  readonly payload: SideInputPayload;
  readonly mapping: SideWindowMapping;
  readonly windowCoder: Coder<BoundedWindow>;
  /** As the engine has its elements encoded. */
  readonly coder: Coder<unknown>;
  /** As the author's plan has them. */
  readonly authoredCoder: Coder<unknown>;
  /** By the encoding of the window; those of one bundle. */
  readonly views: Map<string, unknown>;
}

/** The side inputs of a step of a stage: read from the engine when they are looked at, and kept for the bundle. */
export class FnSideInputs implements SideInputSource {
  readonly tags: readonly string[];
  readonly #sides: ReadonlyMap<string, Side>;
  readonly #transformId: string;
  readonly #service: StateService;

  constructor(
    { id, spec }: StageTransform,
    name: string,
    components: Components,
    plan: Plan,
    service: StateService,
    host: KernelHost,
  ) {
    this.#transformId = id;
    this.#service = service;
    const { sideInputs = {} } = (spec.spec?.payload ?? {}) as unknown as Partial<ParDoPayload>;
    const authoredInputs = authoredTransform(plan, name)?.inputs ?? {};
    this.tags = Object.keys(sideInputs);
    this.#sides = new Map(
      Object.entries(sideInputs).map(([tag, payload]) => {
        const side = components.pcollections[spec.inputs[tag] ?? ''];
        if (side === undefined)
          throw new MillraceError('REMOTE_PROTOCOL', 'external', `the stage does not have the side input '${tag}'`);
        const { windowFn, windowCoderId } = components.windowingStrategies[side.windowingStrategyId]!;
        const coder = coderFromSpec(side.coderId, components.coders);
        const authored = plan.components.pcollections[authoredInputs[tag] ?? ''];
        return [
          tag,
          {
            payload,
            mapping: sideWindowMapping(windowFn, host, plan),
            windowCoder: coderFromSpec(windowCoderId, components.coders) as Coder<BoundedWindow>,
            coder,
            authoredCoder: authored === undefined ? coder : coderFromSpec(authored.coderId, plan.components.coders),
            views: new Map(),
          },
        ];
      }),
    );
  }

  view(tag: string, window: BoundedWindow): unknown {
    const side = this.#sides.get(tag)!;
    const bytes = encodeToBytes(side.windowCoder, side.mapping.map(window), true);
    const id = Buffer.from(bytes).toString('latin1');
    if (!side.views.has(id)) side.views.set(id, this.#makeView(tag, side, bytes));
    return side.views.get(id);
  }

  /** What another bundle finds may be something else. */
  forget(): void {
    for (const { views } of this.#sides.values()) views.clear();
  }

  #makeView(tag: string, side: Side, window: Uint8Array): unknown {
    const { payload, coder } = side;
    const at = { transformId: this.#transformId, sideInputId: tag, window };
    if (payload.accessPattern.urn === BEAM_SIDE_INPUT.multimap) {
      const [keyCoder, valueCoder] = coder.components;
      const source: KeyedSource = {
        keyCoder: keyCoder!,
        valueCoder: valueCoder!,
        service: this.#service,
        keys: { type: { case: 'multimapKeysSideInput', value: at } },
        values: (key) => ({ type: { case: 'multimapSideInput', value: { ...at, key } } }),
      };
      return new FetchedMultimap(source);
    }
    const key: StateKey = { type: { case: 'iterableSideInput', value: at } };
    const get = (token?: Uint8Array) =>
      this.#service.callNow([{ kind: 'get', key, ...(token !== undefined && { token }) }])[0]!;
    return viewMaker(tag, payload, side.authoredCoder)(new PagedValues(coder, get(), get));
  }
}
