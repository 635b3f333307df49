import { type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type LogRecord, MillraceError } from '../../sdk/model/index.js';
import { instantToTimestamp, msToDuration } from '../beam/duration.js';
import type { DelayedBundleApplicationSchema, ProcessBundleResponseSchema } from '../beam/generated/fn_control_pb.js';
import { type ProcessBundleDescriptor, ProcessBundleDescriptorSchema } from '../beam/generated/fn_control_pb.js';
import type { Elements, ElementsSchema } from '../beam/generated/fn_data_pb.js';
import type { MonitoringInfo } from '../beam/generated/metrics_pb.js';
import { IsBounded_Enum } from '../beam/generated/pipeline_pb.js';
import { elementCountToBeam, readIndexToBeam } from '../beam/metrics.js';
import { metricToBeam } from '../beam/user-metrics.js';
import { BundleOutput } from './bundle-output.js';
import { chooseSplit, type DesiredSplit } from './channel-split.js';
import { ClaimPage } from './claim-page.js';
import type { DataPlane, InputSink } from './data-plane.js';
import { partsOf, type StageInput } from './elements.js';
import type { KernelThread } from './kernel-thread.js';
import { keyedParts } from './keyed-parts.js';
import { SINK_URN, SOURCE_URN } from './stage-urns.js';
import type { BundleReport, ElementSplit, Residual } from './thread-messages.js';

/** Input that a running bundle may be behind before its stream is held back. */
const INPUT_CREDIT_BYTES = 16 << 20;

/** What a bundle comes to. */
export interface BundleEnd {
  readonly report: BundleReport;
  /** All of the output, where it goes with the response. */
  readonly elements?: MessageInitShape<typeof ElementsSchema>;
}

/** One bundle, as the I/O thread sees it: input to its kernel thread, output to the data stream, and what is asked meanwhile. */
export class Bundle implements InputSink {
  readonly page = new ClaimPage();
  readonly sourceId: string;
  readonly #sinkIds: readonly string[];
  /** What goes back to the engine, each with an end of its own. */
  readonly #ends: readonly { readonly transformId: string; readonly family?: string }[];
  readonly #serialised: Uint8Array;
  #thread: KernelThread | undefined;
  /** Input before a thread was free. */
  #held: StageInput[] = [];
  #behind = 0;
  #caughtUp: (() => void) | undefined;
  #ended = false;

  constructor(
    readonly instructionId: string,
    private readonly descriptor: ProcessBundleDescriptor,
    private readonly plane: DataPlane,
    private readonly onLog: (record: LogRecord, instructionId: string) => void,
  ) {
    const ids = Object.keys(descriptor.transforms);
    const urnOf = (id: string) => descriptor.transforms[id]?.spec?.urn;
    this.sourceId = ids.find((id) => urnOf(id) === SOURCE_URN) ?? '';
    this.#sinkIds = ids.filter((id) => urnOf(id) === SINK_URN);
    this.#ends = [...this.#sinkIds.map((transformId) => ({ transformId })), ...keyedParts(descriptor).timers];
    this.#serialised = toBinary(ProcessBundleDescriptorSchema, descriptor);
  }

  accept(input: StageInput): Promise<void> | undefined {
    if (this.#ended) return undefined;
    if (this.#thread === undefined) {
      this.#held.push(input);
      return undefined;
    }
    this.#behind += input.data.length;
    this.#thread.input(this.instructionId, input);
    if (this.#behind <= INPUT_CREDIT_BYTES) return undefined;
    return new Promise((resolve) => {
      this.#caughtUp = resolve;
    });
  }

  /** All of the input, as it came within the instruction. */
  acceptEmbedded(elements: Elements): void {
    const unended = new Set([endOf({ transformId: this.sourceId }), ...keyedParts(this.descriptor).timers.map(endOf)]);
    for (const [, input] of partsOf(elements)) {
      this.accept(input);
      if (input.isLast) unended.delete(endOf(input));
    }
    const [missing] = unended;
    if (missing !== undefined)
      throw new MillraceError(
        'REMOTE_PROTOCOL',
        'external',
        `the input within the instruction has no end of ${missing}, and there is no other`,
      );
  }

  /**
   * Runs it to its end on a thread. All output has been handed to the data stream when this resolves, or is in what it answers
   * where the engine takes it with the response.
   */
  async run(thread: KernelThread, embedsOutput: boolean): Promise<BundleEnd> {
    const output = new BundleOutput(this.instructionId, this.plane, this.page, embedsOutput);
    try {
      const running = thread.run(this.instructionId, this.descriptor.id, this.#serialised, this.page, {
        output: (transformId, family, data) =>
          output.push({ transformId, data, isLast: false, ...(family !== undefined && { family }) }),
        consumed: (bytes) => {
          this.#behind -= bytes;
          if (this.#behind <= INPUT_CREDIT_BYTES / 2) this.#letIn();
        },
        log: (record) => this.onLog(record, this.instructionId),
      });
      this.#thread = thread;
      for (const input of this.#held.splice(0)) thread.input(this.instructionId, input);
      const report = await running;
      const elements = await output.end(this.#ends);
      return { report, ...(elements !== undefined && { elements }) };
    } finally {
      this.#ended = true;
      this.#letIn();
    }
  }

  /** What can be said while it runs. */
  progress(): MonitoringInfo[] {
    const infos = [readIndexToBeam(this.sourceId, this.page.begun)];
    const [sinkId] = this.#sinkIds;
    const sink = sinkId === undefined ? undefined : this.descriptor.transforms[sinkId];
    const [pcollectionId] = Object.values(sink?.inputs ?? {});
    if (pcollectionId !== undefined) infos.push(elementCountToBeam(pcollectionId, this.page.emitted));
    return infos;
  }

  /** The first element of the input that is given away; undefined when none is. */
  split(desired: DesiredSplit): number | undefined {
    // The elements of a key may stand on both sides, and Prism 2.77 then works on the key in two bundles at a time.
    if (keyedParts(this.descriptor).hasState) return undefined;
    return this.page.split((begun, limit) => chooseSplit(desired, begun, limit));
  }

  /** Cuts the element that is being worked on; undefined where that cannot be done. */
  splitElement(fractionOfRemainder: number): Promise<ElementSplit | undefined> {
    return this.#thread?.split(this.instructionId, fractionOfRemainder) ?? Promise.resolve(undefined);
  }

  #letIn(): void {
    this.#caughtUp?.();
    this.#caughtUp = undefined;
  }
}

const endOf = ({ transformId, family }: Pick<StageInput, 'transformId' | 'family'>): string =>
  family === undefined ? transformId : `${transformId} (timers ${family})`;

/** All metrics of a bundle that has ended. */
export function reportToBeam(report: BundleReport): MonitoringInfo[] {
  return [
    ...report.metrics.map(({ metric, transformId }) => metricToBeam(metric, transformId)),
    ...Object.entries(report.elementCounts).map(([id, count]) => elementCountToBeam(id, count)),
  ];
}

/** The longest that a Duration can say, some 10,000 years: what never comes comes no earlier. */
const LONGEST_DELAY_MS = 315_576_000_000_000;

export function residualToBeam(residual: Residual): MessageInitShape<typeof DelayedBundleApplicationSchema> {
  return {
    requestedTimeDelay: msToDuration(Math.min(residual.delayMs, LONGEST_DELAY_MS)),
    application: {
      transformId: residual.transformId,
      inputId: residual.inputTag,
      element: residual.element,
      isBounded: residual.isBounded ? IsBounded_Enum.BOUNDED : IsBounded_Enum.UNBOUNDED,
      outputWatermarks: Object.fromEntries(
        Object.entries(residual.outputWatermarks).map(([tag, instant]) => [tag, instantToTimestamp(instant)]),
      ),
    },
  };
}

export type BundleResponse = MessageInitShape<typeof ProcessBundleResponseSchema>;
