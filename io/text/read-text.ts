import { stringUtf8Coder } from '../../sdk/coders/index.js';
import { create, MillraceError, type PCollection, type Pipeline, type PTransform } from '../../sdk/index.js';
import { MatchFilesFn } from '../files/match-files.js';
import { ReadLinesFn } from './read-lines-fn.js';
import { type ReadTextOptions, readTextDefaults } from './text-options.js';

/**
 * The lines of text files, without their ends (`\n` or `\r\n`). `patterns` are paths or globs, see {@link matchFiles}: they
 * are matched when the pipeline runs, in the working directory of the worker; a file that two patterns match is read twice.
 *
 * Files are UTF-8 (a byte order mark at the beginning is left out). They are cut at byte offsets and read in parallel; gzip
 * files are read from front to end. The order of lines is kept within a piece and not promised beyond it. All lines stand at
 * the beginning of time: give them timestamps of their own with `withTimestamps`.
 */
export function readText(
  patterns: string | readonly string[],
  options: ReadTextOptions = {},
): PTransform<Pipeline, PCollection<string>> {
  const list = checkPatterns(patterns);
  const settings = readTextDefaults(options);
  return {
    name: 'ReadText',
    expand: (pipeline) =>
      pipeline
        .apply('Patterns', create(list, { coder: stringUtf8Coder() }))
        .parDo('Match', () => new MatchFilesFn(settings.allowNoMatch))
        .read('Lines', () => new ReadLinesFn(settings), { coder: stringUtf8Coder() }),
  };
}

function checkPatterns(patterns: string | readonly string[]): readonly string[] {
  const list = typeof patterns === 'string' ? [patterns] : patterns;
  if (
    !Array.isArray(list) ||
    list.length === 0 ||
    list.some((pattern) => typeof pattern !== 'string' || pattern === '')
  ) {
    throw new MillraceError('OPTION_INVALID', 'options', `readText cannot read ${JSON.stringify(patterns)}`, {
      hint: 'give the path of a file, a pattern such as "logs/*.txt", or a list of them',
    });
  }
  return list;
}
