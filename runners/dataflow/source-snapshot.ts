import { coderFromSpec, valueCoder } from '../../sdk/coders/index.js';
import {
  type BoundedWindow,
  type ByteSink,
  type ByteSource,
  type Coder,
  MAIN_TAG,
  type ParDoPayload,
  type Plan,
  type Timestamp,
} from '../../sdk/model/index.js';
import { NO_KEY_GROUP, type SnapshotReader, type SnapshotWriter, type StepSpec } from '../kernel/index.js';
import type { SourceWork } from './split-operator.js';

const PART = 'work';
const VERSION = 1;

/** Work on an element that is still to be done. */
export interface WorkLeft {
  readonly work: SourceWork;
  /** What has been done of it has come so far. */
  readonly timestamp: Timestamp;
  /** That of the element. */
  readonly elementTimestamp: Timestamp;
  readonly window: BoundedWindow;
}

export interface WorkCoder {
  encode(work: WorkLeft, to: ByteSink): void;
  decode(from: ByteSource): WorkLeft;
}

/** By the plan's coders of the splittable step: that of its input and that of its restrictions. */
export function workCoder(step: StepSpec, plan: Plan): WorkCoder {
  const { coders, pcollections, transforms } = plan.components;
  // The step of the plan: the one that is run has the pairs as its input.
  const { inputs, spec } = transforms[step.id]!;
  const input = inputs[MAIN_TAG] ?? Object.values(inputs)[0]!;
  const { restrictionCoderId } = spec!.payload as unknown as ParDoPayload;
  const element = coderFromSpec(pcollections[input]!.coderId, coders);
  const restriction = coderFromSpec(restrictionCoderId!, coders);
  const windows = valueCoder<BoundedWindow>() as Coder<BoundedWindow>;
  return {
    encode({ work, timestamp, elementTimestamp, window }, to) {
      element.encode(work.element, to, true);
      restriction.encode(work.restriction, to, true);
      to.float64(timestamp);
      to.float64(elementTimestamp);
      windows.encode(window, to, true);
    },
    decode: (from) => ({
      work: { element: element.decode(from, true), restriction: restriction.decode(from, true) },
      timestamp: from.float64(),
      elementTimestamp: from.float64(),
      window: windows.decode(from, true),
    }),
  };
}

/** Work belongs to no key: whoever there is then shares it out. */
export function writeWork(all: Iterable<WorkLeft>, coder: WorkCoder, to: SnapshotWriter): void {
  const part = to.part(PART, VERSION);
  for (const left of all) part.entry(NO_KEY_GROUP, (sink) => coder.encode(left, sink));
}

export function* readWork(coder: WorkCoder, from: SnapshotReader): Generator<WorkLeft> {
  for (const { from: bytes } of from.part(PART, VERSION)) yield coder.decode(bytes);
}
