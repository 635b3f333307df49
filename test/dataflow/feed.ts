import {
  type BuiltPlan,
  buildPlan,
  definePipeline,
  type LogRecord,
  type OffsetRange,
  OffsetRangeTracker,
  type Pipeline,
  type PipelineHandle,
  type PollResult,
  type SourceContext,
  type SourceOutput,
  type SourceReader,
  type SplittableDoFn,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';

/** A source that a test feeds: what it is given is emitted, and what is finalised is written down. */
export class Feed {
  readonly finalised: number[] = [];
  private readonly queue: number[] = [];
  /** How many of them the pipeline has taken. */
  taken = 0;
  private wake: (() => void) | undefined;
  closed = false;

  give(...timestamps: number[]): void {
    this.queue.push(...timestamps);
    this.wake?.();
  }

  readonly source: SplittableDoFn<null, number, OffsetRange, number> = {
    isBounded: false,
    restrictionCoder: valueCoder<OffsetRange>(),
    initialRestriction: () => ({ from: 0, to: Number.MAX_SAFE_INTEGER }),
    newTracker: (range) => new OffsetRangeTracker(range),
    open: (_element, tracker, _context: SourceContext): SourceReader<number> => {
      let watermark = 0;
      return {
        poll: (out: SourceOutput<number>): PollResult => {
          const value = this.queue[0];
          if (value === undefined) {
            return {
              kind: 'wakeWhen',
              promise: new Promise<void>((resolve) => {
                this.wake = resolve;
              }),
            };
          }
          if (!tracker.tryClaim(this.taken)) return 'done';
          this.queue.shift();
          this.taken++;
          watermark = value;
          out.emit(value, value);
          return 'more';
        },
        watermark: () => watermark,
        checkpoint: () => {
          const position = this.taken;
          return () => {
            this.finalised.push(position);
          };
        },
        close: () => {
          this.closed = true;
        },
      };
    },
  };
}

export interface Harness {
  readonly feed: Feed;
  readonly clock: VirtualClock;
  readonly handle: PipelineHandle;
  readonly out: unknown[];
  readonly log: LogRecord[];
}

/** A plan whose functions are those of this process. */
export function buildInline(build: (p: Pipeline) => void): BuiltPlan {
  return buildPlan(definePipeline({ name: 'epochs', build: (p) => build(p) }), { inline: true });
}

export async function start(build: (p: Pipeline, feed: Feed, out: unknown[]) => void): Promise<Harness> {
  const feed = new Feed();
  const clock = new VirtualClock();
  const out: unknown[] = [];
  const log: LogRecord[] = [];
  const { plan, resolver } = buildInline((p) => build(p, feed, out));
  const handle = await createDirectRunner({ clock, log: (record) => log.push(record) }).run({ plan, resolver });
  return { feed, clock, handle, out, log };
}

/** Lets everything that can happen without time passing happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export const collect = (out: unknown[]) => () => ({
  process(element: unknown): void {
    out.push(element);
  },
});
