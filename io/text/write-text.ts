import {
  type CollectionTraits,
  create,
  MillraceError,
  type PCollection,
  type PTransform,
  traitsOf,
  type Windowing,
} from '../../sdk/index.js';
import { BEAM_WINDOW_FN } from '../../sdk/model/index.js';
import type { Part } from '../files/part.js';
import { FinishFilesFn } from './finish-files-fn.js';
import { WriteLinesFn } from './write-lines-fn.js';
import { type WriteTextOptions, type WriteTextSettings, writeTextSettings } from './write-options.js';

/** Written nowhere: sees to it that the global window is finished even where nothing was written. */
const NOTHING: Part = { key: 'global', path: '', from: 0, to: 0 };

/**
 * Writes strings as lines of text files, `\n` behind each, and gives the names of the files (absolute). A file appears under
 * its name only when it is complete; until then its lines are in a hidden folder beside it, which is gone at the end.
 *
 * A bounded collection in the global window becomes `prefix-00000-of-00002.txt` and so on when all of it is written, one
 * empty file if it has no elements (as in Beam). Other windows become files of their own when they fire, with their start
 * and end in the name (`prefix-20260101T000000.000Z--20260101T000010.000Z-00000-of-00001.txt`); an empty window makes none.
 * Files of an earlier run are replaced where they have the same name, and stay where they have not.
 *
 * The order of lines is that of the bundles of each writing task. All workers must see the folder under the same path.
 */
export function writeText(target: string | WriteTextOptions): PTransform<PCollection<string>, PCollection<string>> {
  const settings = writeTextSettings(target);
  return { name: 'WriteText', expand: (lines) => expand(lines, settings) };
}

function expand(lines: PCollection<string>, settings: WriteTextSettings): PCollection<string> {
  const traits = traitsOf(lines);
  const { windowing } = traits;
  checkWindowing(windowing);
  const once = firesOnceAtTheEnd(traits);
  const written = lines.parDo('Write', () => new WriteLinesFn(settings, once));
  const parts = once ? written.flatten('OrNothing', nothing(lines, windowing)) : written;
  return parts
    .keyBy('ByWindow', (part) => part.key)
    .groupByKey('Together')
    .parDo('Finish', () => new FinishFilesFn(settings));
}

function nothing({ pipeline }: PCollection<string>, windowing: Windowing): PCollection<Part> {
  const { windowFn, allowedLatenessMs, closingBehavior, onTimeBehavior } = windowing;
  return pipeline
    .apply('Nothing', create([NOTHING]))
    .windowInto('InSameWindow', windowFn, { allowedLateness: allowedLatenessMs, closingBehavior, onTimeBehavior });
}

/** Whether all elements are in the global window and all of them are written before it is finished. */
function firesOnceAtTheEnd({ windowing, isBounded }: CollectionTraits): boolean {
  return isBounded && windowing.windowFn.spec.urn === BEAM_WINDOW_FN.global && windowing.trigger.kind === 'default';
}

function checkWindowing({ mergeStatus, accumulationMode }: Windowing): void {
  if (mergeStatus === 'NEEDS_MERGE') {
    throw refused('sessions have no end before they are grouped, so no file can be named after one', {
      hint: 'write what comes out of a groupByKey or combinePerKey, or put the lines into other windows',
    });
  }
  if (accumulationMode !== 'DISCARDING') {
    throw refused('a window that fires again with what it fired before would write those lines twice', {
      hint: "use { accumulation: 'discarding' }",
    });
  }
}

function refused(summary: string, details: { readonly hint: string }): MillraceError {
  return new MillraceError('TEXT_WINDOWING', 'plan', `writeText: ${summary}`, details);
}
