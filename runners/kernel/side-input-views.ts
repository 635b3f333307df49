import { decodeFromBytes, keyIdentity } from '../../sdk/coders/index.js';
import {
  type BoundedWindow,
  type Coder,
  MILLRACE_VIEW_FN,
  MillraceError,
  type SideInputPayload,
} from '../../sdk/model/index.js';
import { declared } from './declared.js';
import { mapView, multimapView } from './keyed-views.js';

/** Where a step finds its side inputs: the host's affair. All calls are synchronous. */
export interface SideInputSource {
  readonly tags: readonly string[];
  /** What the step sees of a side input for a window of its main input. */
  view(tag: string, window: BoundedWindow): unknown;
}

/** Makes what a step sees of all elements of one window of a side input. */
export type MakeView = (elements: Iterable<unknown>) => unknown;

/** How a side input is seen; `coder` is that of its elements. */
export function viewMaker(tag: string, { viewFn }: SideInputPayload, coder: Coder<unknown>): MakeView {
  switch (viewFn.urn) {
    case MILLRACE_VIEW_FN.singleton: {
      const { default: bytes } = (viewFn.payload ?? {}) as { readonly default?: string };
      const ofNone =
        bytes === undefined
          ? () => {
              throw noElement(tag);
            }
          : () => decodeFromBytes(coder, Buffer.from(bytes, 'base64'));
      return (elements) => onlyOf(tag, elements, ofNone);
    }
    case MILLRACE_VIEW_FN.iterable:
      return (elements) => elements;
    case MILLRACE_VIEW_FN.list:
      return (elements) => (Array.isArray(elements) ? elements : [...elements]);
    case MILLRACE_VIEW_FN.map: {
      const identity = keyIdentity(coder.components[0]!);
      return (elements) => mapView(tag, elements, identity);
    }
    case MILLRACE_VIEW_FN.multimap: {
      const identity = keyIdentity(coder.components[0]!);
      return (elements) => multimapView(elements, identity);
    }
    default:
      throw new MillraceError('SIDE_INPUT_UNKNOWN', 'plan', `unknown view ${viewFn.urn} of the side input '${tag}'`);
  }
}

/** The views of a step by tag, each looked up when it is asked for, for the window in which `at` stands then. */
export function sideInputViews(
  source: SideInputSource | undefined,
  at: { readonly window: BoundedWindow },
): Readonly<Record<string, unknown>> {
  const views = {};
  for (const tag of source?.tags ?? [])
    Object.defineProperty(views, tag, { enumerable: true, get: () => source!.view(tag, at.window) });
  return Object.freeze(declared('side input', views));
}

function onlyOf(tag: string, elements: Iterable<unknown>, ofNone: () => unknown): unknown {
  let count = 0;
  let only: unknown;
  for (const element of elements) {
    if (++count === 2)
      throw new MillraceError(
        'SIDE_INPUT_SEVERAL',
        'function',
        `the side input '${tag}' is a singleton, and has more than one element in the window`,
        { hint: 'combine them to one first (combineGlobally), or take them all: asIterable(…)' },
      );
    only = element;
  }
  return count === 0 ? ofNone() : only;
}

function noElement(tag: string): MillraceError {
  return new MillraceError(
    'SIDE_INPUT_EMPTY',
    'function',
    `the side input '${tag}' is a singleton, and has no element in the window`,
    { hint: 'say what is seen then: asSingleton(…, { default: … })' },
  );
}
