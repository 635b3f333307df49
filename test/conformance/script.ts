import {
  type KV,
  type OffsetRange,
  OffsetRangeTracker,
  type PCollection,
  type Pipeline,
  type SourceReader,
  type SplittableDoFn,
} from 'millrace';
import { valueCoder } from 'millrace/coders';

/** An element of a script, or the watermark that the source then has. */
export type ScriptEntry =
  | { readonly key: string; readonly value: number; readonly at: number }
  | { readonly watermark: number };

/** The parts of a script cannot be told without what came before them: no part is split off. */
class ScriptTracker extends OffsetRangeTracker {
  override trySplit(fractionOfRemainder: number): OffsetRange | undefined {
    return fractionOfRemainder > 0 ? undefined : super.trySplit(fractionOfRemainder);
  }
}

/** Emits what a script says, one entry to a poll. */
class ScriptSource implements SplittableDoFn<readonly ScriptEntry[], KV<string, number>, OffsetRange, number> {
  readonly isBounded = true;
  readonly restrictionCoder = valueCoder<OffsetRange>();

  initialRestriction(script: readonly ScriptEntry[]): OffsetRange {
    return { from: 0, to: script.length };
  }

  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new ScriptTracker(range);
  }

  open(script: readonly ScriptEntry[], tracker: OffsetRangeTracker): SourceReader<KV<string, number>> {
    let position = 0;
    let watermark = Number.MIN_SAFE_INTEGER;
    return {
      poll(out) {
        if (!tracker.tryClaim(position)) return 'done';
        const entry = script[position++]!;
        if ('watermark' in entry) watermark = entry.watermark;
        else out.emit({ key: entry.key, value: entry.value }, entry.at);
        return 'more';
      },
      watermark: () => watermark,
      close() {},
    };
  }
}

/** Pairs at their instants, with watermarks between them. */
export function scripted(p: Pipeline, script: readonly ScriptEntry[]): PCollection<KV<string, number>> {
  return p.read('Script', () => new ScriptSource(), script);
}
