import {
  type BoundedWindow,
  type DoFn,
  type DoFnContext,
  type FinishBundleContext,
  MillraceError,
  type ProcessContext,
} from '../../sdk/model/index.js';
import { checkWritable, type OutputTarget, outputTarget } from '../files/output-target.js';
import { createPartFile, type Part, writeAt } from '../files/part.js';
import { windowKey } from '../files/shard-name.js';
import { randomName, removeLeftovers, removeTempFiles, tempFile, tempFolder } from '../files/temp-folder.js';
import type { WriteTextSettings } from './write-options.js';

const FLUSH_CHARACTERS = 128 * 1024;
/** Above this, what is buffered for all windows of a bundle is written out. */
const MOST_BUFFERED_CHARACTERS = 16 * 1024 * 1024;

/** What goes to one window. */
interface Shard {
  readonly key: string;
  readonly window: BoundedWindow;
  /** Undefined until something is written. */
  path: string | undefined;
  /** Where the part of this bundle begins. */
  from: number;
  /** Where the next write goes. */
  to: number;
  text: string;
}

/**
 * Writes lines to temporary files, one for each window, and names at the end of a bundle the bytes that the bundle wrote.
 * Bytes of a bundle that failed are never named, so they never reach the output.
 *
 * `appends`: bundle after bundle goes on in the same file. Right only where nothing can be put in place before this DoFn has
 * seen everything (one firing at the end of time); else each bundle makes files of its own.
 */
export class WriteLinesFn implements DoFn<string, Part> {
  private target!: OutputTarget;
  private folder: string | undefined;
  private signal: AbortSignal | undefined;
  private readonly instance = randomName();
  private serial = 0;
  private readonly shards = new Map<string, Shard>();
  private current: Shard | undefined;
  private buffered = 0;

  constructor(
    private readonly settings: WriteTextSettings,
    private readonly appends: boolean,
  ) {}

  setup(context: DoFnContext): void {
    this.signal = context.signal;
    this.target = outputTarget(this.settings.prefix);
    checkWritable(this.target);
    const kept = removeLeftovers(this.target);
    if (kept.length > 0) {
      context.log(
        'warn',
        'hidden folders of other runs with the same output stay; remove them if those runs are dead',
        {
          folders: kept,
        },
      );
    }
  }

  process(line: string, context: ProcessContext<Part>): void {
    if (typeof line !== 'string') throw notText(line);
    let shard = this.current;
    if (shard === undefined || shard.window !== context.window) shard = this.shardOf(context.window);
    shard.text += `${line}\n`;
    this.buffered += line.length + 1;
    if (shard.text.length >= FLUSH_CHARACTERS) this.flush(shard);
    else if (this.buffered >= MOST_BUFFERED_CHARACTERS) for (const each of this.shards.values()) this.flush(each);
  }

  finishBundle(context: FinishBundleContext<Part>): void {
    for (const shard of this.shards.values()) {
      this.flush(shard);
      const { key, path, from, to, window } = shard;
      if (path === undefined || to === from) continue;
      context.output({ key, path, from, to }, window.maxTimestamp, window);
      shard.from = to;
    }
    if (!this.appends) {
      this.shards.clear();
      this.current = undefined;
    }
  }

  /** When the pipeline failed or was cancelled nobody will put these files in place. */
  teardown(): void {
    if (this.signal?.aborted && this.folder !== undefined) removeTempFiles(this.folder, this.instance);
  }

  private shardOf(window: BoundedWindow): Shard {
    const key = windowKey(window);
    let shard = this.shards.get(key);
    if (shard === undefined) {
      shard = { key, window, path: undefined, from: 0, to: 0, text: '' };
      this.shards.set(key, shard);
    }
    this.current = shard;
    return shard;
  }

  private flush(shard: Shard): void {
    const { text } = shard;
    if (text === '') return;
    this.buffered -= text.length;
    shard.text = '';
    if (!isWellFormed(text)) throw loneSurrogate(text);
    if (shard.path === undefined) this.create(shard);
    const bytes = Buffer.from(text);
    writeAt(shard.path!, bytes, shard.to);
    shard.to += bytes.length;
  }

  private create(shard: Shard): void {
    this.folder ??= tempFolder(this.target);
    const path = tempFile(this.folder, this.instance, this.serial++);
    createPartFile(this.folder, path);
    shard.path = path;
    const { header } = this.settings;
    if (header.length > 0) writeAt(path, header, 0);
    shard.from = shard.to = header.length;
  }
}

function notText(element: unknown): MillraceError {
  return new MillraceError('TEXT_NOT_A_STRING', 'function', `writeText takes strings, not ${describe(element)}`, {
    hint: 'turn elements into lines with map() before writing them',
  });
}

function describe(element: unknown): string {
  return element === null ? 'null' : `a value of type ${typeof element}`;
}

function loneSurrogate(text: string): MillraceError {
  const line = text.split('\n').find((candidate) => !isWellFormed(candidate)) ?? '';
  return new MillraceError(
    'TEXT_LONE_SURROGATE',
    'function',
    'a line holds half a surrogate pair, which UTF-8 cannot express',
    {
      element: JSON.stringify(line.slice(0, 200)),
      hint: 'cut strings between characters, not inside them; or call toWellFormed() to replace the halves',
    },
  );
}

/** Node 20 has the method, TypeScript's es2023 library has no type for it. */
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
