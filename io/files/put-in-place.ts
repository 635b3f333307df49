import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MillraceError } from '../../sdk/model/index.js';
import { errnoOf, fileError } from './file-errors.js';
import { createPartFile } from './part.js';
import type { Piece } from './shard-plan.js';
import { randomName, removeIfEmpty } from './temp-folder.js';

const COPY_BYTES = 1 << 20;

export interface ShardFrame {
  /** Stands at the beginning of every temporary file already, in front of its first part. */
  readonly header: Buffer;
  readonly footer: Buffer;
  readonly fsync: boolean;
}

export interface ShardFile {
  /** Absolute. */
  readonly path: string;
  readonly pieces: readonly Piece[];
}

/**
 * Makes the files of a window out of their pieces and gives them their names, all of them at the end, by renames: a reader
 * sees a whole file or none. Can be run again after it was interrupted anywhere: what has its name already stays.
 *
 * `folder`: for files that have to be put together; on the file system of the target.
 */
export async function putInPlace(files: readonly ShardFile[], folder: string, frame: ShardFrame): Promise<void> {
  const ready: { readonly from: string; readonly file: ShardFile }[] = [];
  const assembled: string[] = [];
  const uses = countUses(files);
  try {
    for (const file of files) {
      if (await isInPlace(file, frame)) continue;
      const whole = wholeFile(file, uses, frame);
      if (whole !== undefined) {
        await complete(whole, frame);
        ready.push({ from: whole.path, file });
      } else {
        const path = join(folder, `assembled-${randomName()}`);
        createPartFile(folder, path);
        assembled.push(path);
        await assemble(path, file, frame);
        ready.push({ from: path, file });
      }
    }
    for (const { from, file } of ready) await renameTo(from, file.path);
  } catch (error) {
    for (const path of assembled) await rm(path, { force: true });
    if (assembled.length > 0) removeIfEmpty(folder);
    throw error;
  }
  const folders = new Set([folder]);
  for (const path of uses.keys()) {
    await rm(path, { force: true });
    folders.add(dirname(path));
  }
  for (const each of folders) removeIfEmpty(each);
}

function countUses(files: readonly ShardFile[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { pieces } of files) {
    for (const path of new Set(pieces.map((piece) => piece.path))) uses.set(path, (uses.get(path) ?? 0) + 1);
  }
  return uses;
}

/** The only piece of a shard where that is a file's whole content: it needs a new name and no copy. */
function wholeFile(file: ShardFile, uses: ReadonlyMap<string, number>, frame: ShardFrame): Piece | undefined {
  const [piece, second] = file.pieces;
  if (piece === undefined || second !== undefined) return undefined;
  return piece.from === frame.header.length && uses.get(piece.path) === 1 ? piece : undefined;
}

/** Whether an interrupted attempt has done this file: a temporary file of it is gone, and the file is there as it should be. */
async function isInPlace(file: ShardFile, frame: ShardFrame): Promise<boolean> {
  let missing: string | undefined;
  for (const { path } of file.pieces) {
    if ((await sizeOf(path)) === undefined) missing = path;
  }
  if (missing === undefined) return false;
  const size = file.pieces.reduce(
    (sum, piece) => sum + piece.to - piece.from,
    frame.header.length + frame.footer.length,
  );
  if ((await sizeOf(file.path)) === size) return true;
  throw new MillraceError('IO_TEMP_MISSING', 'external', `the temporary file ${missing} for ${file.path} is gone`, {
    hint: 'all workers must see the same output folder, and nothing else may clean its hidden folders during a run',
  });
}

async function complete(piece: Piece, { footer, fsync }: ShardFrame): Promise<void> {
  await withFile(piece.path, 'r+', async (handle) => {
    await handle.truncate(piece.to);
    await writeAll(handle, piece.path, footer, piece.to);
    if (fsync) await handle.sync();
  });
}

async function assemble(path: string, file: ShardFile, { header, footer, fsync }: ShardFrame): Promise<void> {
  await withFile(path, 'r+', async (to) => {
    let position = await writeAll(to, path, header, 0);
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    for (const piece of file.pieces) {
      await withFile(piece.path, 'r', async (from) => {
        for (let at = piece.from; at < piece.to; ) {
          const { bytesRead } = await from.read(buffer, 0, Math.min(COPY_BYTES, piece.to - at), at);
          if (bytesRead === 0) throw tooShort(piece);
          position = await writeAll(to, path, buffer.subarray(0, bytesRead), position);
          at += bytesRead;
        }
      });
    }
    await writeAll(to, path, footer, position);
    if (fsync) await to.sync();
  });
}

async function writeAll(handle: FileHandle, path: string, bytes: Buffer, position: number): Promise<number> {
  try {
    for (let at = 0; at < bytes.length; ) {
      at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
    }
  } catch (error) {
    throw fileError('write', path, error);
  }
  return position + bytes.length;
}

async function withFile(path: string, flags: string, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, flags);
    await use(handle);
  } catch (error) {
    throw fileError(flags === 'r' ? 'read' : 'write', path, error);
  } finally {
    await handle?.close();
  }
}

async function renameTo(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    throw fileError('create', to, error);
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileError('open', path, error);
  }
}

function tooShort(piece: Piece): MillraceError {
  return new MillraceError(
    'IO_FILE_CHANGED',
    'external',
    `${piece.path} ends before byte ${piece.to}, which was written to it`,
  );
}
