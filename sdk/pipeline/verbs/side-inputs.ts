import { encodeToBytes } from '../../coders/index.js';
import { MillraceError } from '../../model/errors.js';
import type { ParDoPayload, SideInputPayload } from '../../model/payloads.js';
import { MAIN_TAG } from '../../model/plan.js';
import type { SideInput } from '../../model/side-input.js';
import { BEAM_SIDE_INPUT, BEAM_WINDOW_FN, MILLRACE_VIEW_FN, MILLRACE_WINDOW_MAPPING } from '../../model/urns.js';
import type { SlidingWindowsPayload } from '../../model/windowing.js';
import type { CollectionNode, StepNode } from '../graph.js';
import { PLAN_ERROR, planError } from '../plan-error.js';
import { PCOLLECTION } from '../plan-nodes.js';
import { isSideInputHandle, type SideInputHandle } from '../side-inputs.js';
import { checkThatGroupsEnd, kvCodersOf } from './keyed.js';

/** Side inputs by tag, as a step declares them. */
export interface SideInputs {
  readonly [tag: string]: SideInput;
}

/** Connects a step with its side inputs; answers what of them stands in its payload, once coders no longer change. */
export function connectSideInputs(
  step: StepNode,
  main: CollectionNode,
  sideInputs: SideInputs,
): () => Pick<ParDoPayload, 'sideInputs'> {
  const handles = Object.entries(sideInputs).map(([tag, given]) => {
    const handle = checkHandle(tag, given, step);
    main.graph.connect(step, tag, handle[PCOLLECTION]);
    checkWindows(tag, handle, main, step);
    return [tag, handle] as const;
  });
  if (handles.length === 0) return () => ({});
  return () => ({
    sideInputs: Object.fromEntries(handles.map(([tag, handle]) => [tag, payloadOf(tag, handle, step)])),
  });
}

function payloadOf(tag: string, handle: SideInputHandle, step: StepNode): SideInputPayload {
  const { view } = handle;
  const isKeyed = view === 'map' || view === 'multimap';
  return {
    accessPattern: { urn: isKeyed ? BEAM_SIDE_INPUT.multimap : BEAM_SIDE_INPUT.iterable },
    viewFn: {
      urn: MILLRACE_VIEW_FN[view],
      ...(view === 'singleton' && { payload: defaultOf(tag, handle, step) }),
    },
    windowMappingFn: { urn: MILLRACE_WINDOW_MAPPING.byMaxTimestamp },
  };
}

function defaultOf(tag: string, handle: SideInputHandle, step: StepNode): { readonly default?: string } {
  if (handle.default === undefined) return {};
  try {
    const bytes = encodeToBytes(handle[PCOLLECTION].coder, handle.default.value);
    return { default: Buffer.from(bytes).toString('base64') };
  } catch (cause) {
    const why = cause instanceof MillraceError ? cause.summary : String(cause);
    const { fullName, source } = step;
    throw new MillraceError(
      'CODER_LITERAL',
      'coder',
      `the default of the side input '${tag}' cannot be encoded: ${why}`,
      { step: fullName, source, cause, hint: 'it is encoded as the elements of the side input are' },
    );
  }
}

function checkHandle(tag: string, given: unknown, step: StepNode): SideInputHandle {
  const place = { step: step.fullName, source: step.source };
  if (!isSideInputHandle(given))
    throw planError(PLAN_ERROR.argument, `the side input '${tag}' is ${describe(given)}`, {
      ...place,
      hint: `say how it is seen: { sideInputs: { ${tag}: asList(…) } }`,
    });
  if (tag === '' || tag === MAIN_TAG)
    throw planError(PLAN_ERROR.argument, `${JSON.stringify(tag)} cannot be the tag of a side input`, {
      ...place,
      hint: tag === MAIN_TAG ? `${MAIN_TAG} is the tag of the main input` : 'give it a name',
    });
  if (handleIsKeyed(given)) kvCodersOf(given[PCOLLECTION], step);
  return given;
}

const handleIsKeyed = ({ view }: SideInputHandle): boolean => view === 'map' || view === 'multimap';

function describe(given: unknown): string {
  if (typeof given === 'object' && given !== null && PCOLLECTION in given) return 'a collection, and no side input';
  return given === undefined ? 'undefined' : `a value of type ${typeof given}`;
}

function checkWindows(tag: string, handle: SideInputHandle, main: CollectionNode, step: StepNode): void {
  const side = handle[PCOLLECTION];
  const { windowFn } = side.windowing;
  const place = { step: step.fullName, source: step.source };
  if (windowFn.isMerging)
    throw planError(
      PLAN_ERROR.windowing,
      `the side input '${tag}' stands in windows that merge, and which of them belongs to an element cannot be said`,
      {
        ...place,
        hint: 'put it into windows that do not merge first: .windowInto(globalWindow()), or fixedWindows(…)',
      },
    );
  const isGlobal = windowFn.spec.urn === BEAM_WINDOW_FN.global;
  if (!isGlobal && main.windowing.windowFn.spec.urn === BEAM_WINDOW_FN.global)
    throw planError(
      PLAN_ERROR.windowing,
      `the side input '${tag}' stands in windows, and the main input in the global one, to which none of them belongs`,
      { ...place, hint: 'put the main input into windows too, or the side input into the global one' },
    );
  const { sizeMs = 0, periodMs = 0 } = (windowFn.spec.payload ?? {}) as Partial<SlidingWindowsPayload>;
  if (windowFn.spec.urn === BEAM_WINDOW_FN.sliding && periodMs > sizeMs)
    throw planError(
      PLAN_ERROR.windowing,
      `the side input '${tag}' is in sliding windows of ${sizeMs} ms every ${periodMs} ms, and between them are instants without any`,
      { ...place, hint: 'put it into windows without gaps: fixedWindows(…), or sliding ones with a shorter period' },
    );
  if (windowFn.hidesSideInputs === true)
    throw planError(
      PLAN_ERROR.windowing,
      `the side input '${tag}' is in windows of your own, and nothing says which of them belongs to a window of the main input`,
      { ...place, hint: 'give the window function a method sideInputWindow(mainWindow)' },
    );
  checkThatGroupsEnd(side, step, `the side input '${tag}'`);
}
