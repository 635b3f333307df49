import type { Timestamp } from '../../sdk/model/index.js';
import { EVERY_TASK, type SnapshotReader, type SnapshotWriter } from '../kernel/index.js';

const VERSION = 1;

/** How far every task had come in something, as a part of a snapshot of its own. */
export function writeInstant(to: SnapshotWriter, part: string, instant: Timestamp): void {
  to.part(part, VERSION).entry(EVERY_TASK, (sink) => sink.float64(instant));
}

/** How far all the tasks had come that it was taken of; undefined where none has said it. */
export function readInstant(from: SnapshotReader, part: string): Timestamp | undefined {
  let least: Timestamp | undefined;
  for (const { from: source } of from.part(part, VERSION)) {
    const instant = source.float64();
    if (least === undefined || instant < least) least = instant;
  }
  return least;
}
