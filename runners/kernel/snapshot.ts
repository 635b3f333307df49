import { BytesSource, GrowableSink } from '../../sdk/coders/index.js';
import { type ByteSink, type ByteSource, MillraceError } from '../../sdk/model/index.js';

/** The key group of an entry that belongs to no key. */
export const NO_KEY_GROUP = -1;
/** The key group of an entry that every task takes over, because every task had it. */
export const EVERY_TASK = -2;

/** Where an operator writes down all that it holds, at a barrier, in parts that each have a version of their own. */
export interface SnapshotWriter {
  part(name: string, version: number): SnapshotPartWriter;
}

export interface SnapshotPartWriter {
  /** One entry; those of a key group are found again by whoever owns the group then. */
  entry(keyGroup: number, write: (to: ByteSink) => void): void;
}

/** What an operator is made again from, before it takes its first element. */
export interface SnapshotReader {
  /** The entries of a part that are ours, none where it was not written; an error where it is of a later version. */
  part(name: string, version: number): Iterable<SnapshotEntry>;
}

export interface SnapshotEntry {
  readonly version: number;
  readonly keyGroup: number;
  readonly from: ByteSource;
}

/** The state of one task, as plain data. */
export interface TaskSnapshot {
  readonly parts: readonly SnapshotPart[];
}

export interface SnapshotPart {
  readonly name: string;
  readonly version: number;
  readonly entries: readonly { readonly keyGroup: number; readonly bytes: Uint8Array }[];
}

/** Something whose state can be written down and made again. */
export interface Restorable {
  snapshot(to: SnapshotWriter): void;
  restore(from: SnapshotReader): void;
}

export function takeSnapshot(of: Pick<Restorable, 'snapshot'>): TaskSnapshot {
  const parts: SnapshotPart[] = [];
  const sink = new GrowableSink();
  of.snapshot({
    part(name, version) {
      const entries: { keyGroup: number; bytes: Uint8Array }[] = [];
      parts.push({ name, version, entries });
      return {
        entry(keyGroup, write) {
          sink.reset();
          write(sink);
          entries.push({ keyGroup, bytes: sink.toBytes() });
        },
      };
    },
  });
  return { parts };
}

/**
 * What one of several tasks finds of what others, or other numbers of tasks, wrote down: the entries of the key groups
 * that `owns` it, those of none that are dealt out to it, and those of every task.
 */
export function readSnapshots(
  snapshots: readonly TaskSnapshot[],
  owns: (keyGroup: number) => boolean = () => true,
  dealtOut: (index: number) => boolean = () => true,
): SnapshotReader {
  return {
    *part(name, version) {
      let unkeyed = 0;
      for (const part of snapshots.flatMap((snapshot) => snapshot.parts)) {
        if (part.name !== name) continue;
        if (part.version > version)
          throw new MillraceError(
            'SNAPSHOT_VERSION',
            'runner',
            `the part '${name}' of a snapshot has version ${part.version}, and only those up to ${version} are known`,
            { hint: 'restore it with the version of Millrace that wrote it, or a later one' },
          );
        for (const { keyGroup, bytes } of part.entries) {
          const ours = keyGroup === EVERY_TASK || (keyGroup === NO_KEY_GROUP ? dealtOut(unkeyed++) : owns(keyGroup));
          if (ours) yield { version: part.version, keyGroup, from: new BytesSource(bytes) };
        }
      }
    },
  };
}
