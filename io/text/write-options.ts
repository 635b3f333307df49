import { MillraceError } from '../../sdk/model/index.js';
import { checkPrefix } from '../files/output-target.js';
import { integerIn } from './text-options.js';

export interface WriteTextOptions {
  /** Folder and beginning of the names: `out/words` makes `out/words-00000-of-00001.txt`. Missing folders are made. */
  readonly prefix: string;
  /** `.txt` by default. */
  readonly suffix?: string;
  /**
   * How many files each window gets. By default the global window gets one for each task that wrote, and every other window
   * one in all.
   */
  readonly shards?: number;
  /** A first line of every file. */
  readonly header?: string;
  /** A last line of every file. */
  readonly footer?: string;
  /** Whether a file is forced to the disk before it gets its name, so that it survives a loss of power (default false). */
  readonly fsync?: boolean;
}

/** What the steps of the sink need to know, as they find it in their own task. */
export interface WriteTextSettings {
  readonly prefix: string;
  readonly suffix: string;
  readonly shards: number | undefined;
  readonly header: Buffer;
  readonly footer: Buffer;
  readonly fsync: boolean;
}

const MOST_SHARDS = 99_999;

export function writeTextSettings(target: string | WriteTextOptions): WriteTextSettings {
  const options = typeof target === 'string' ? { prefix: target } : target;
  checkPrefix(options.prefix);
  const suffix = options.suffix ?? '.txt';
  if (/[/\0]/.test(suffix)) {
    throw new MillraceError('OPTION_INVALID', 'options', `the suffix ${JSON.stringify(suffix)} cannot end a file name`);
  }
  if (options.shards !== undefined) integerIn('shards', options.shards, 1, MOST_SHARDS);
  return {
    prefix: options.prefix,
    suffix,
    shards: options.shards,
    header: line(options.header),
    footer: line(options.footer),
    fsync: options.fsync ?? false,
  };
}

function line(text: string | undefined): Buffer {
  return Buffer.from(text === undefined ? '' : `${text}\n`);
}
