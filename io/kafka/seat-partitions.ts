import type { DoFnContext } from '../../sdk/model/index.js';
import {
  type KafkaAdmin,
  OLDEST_OFFSET,
  type PartitionOffset,
  type PartitionRange,
  partitionKey,
} from './kafka-client.js';
import { unknownPartition } from './kafka-errors.js';
import type { PartitionReader } from './partition-reader.js';
import type { StartPositions } from './start-positions.js';

export interface Seat {
  readonly reader: PartitionReader;
  /** Where fetching goes on. */
  readonly offset: number;
  readonly committed: number;
  /** What the reader held before does not count any more. */
  readonly renewed: boolean;
}

export interface SeatOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly starts: StartPositions;
  /** Positions of a run that was split off, for partitions that are read for the first time. */
  readonly resumed: readonly PartitionOffset[];
  /** False when the assignment has changed meanwhile. */
  readonly current: () => boolean;
}

/**
 * Settles where each partition is read from: on from where this process stood, when nobody else has committed since; else at
 * the group's commit; else where `startFrom` says, and then that is committed before anything is read.
 */
export async function seatPartitions(
  group: {
    readonly admin: KafkaAdmin;
    commitNow(offsets: readonly PartitionOffset[]): Promise<void>;
    readonly log: DoFnContext['log'];
  },
  readers: readonly PartitionReader[],
  options: SeatOptions,
): Promise<Seat[]> {
  const [committedList, rangeList] = await Promise.all([
    group.admin.committed(options.groupId, options.topics),
    group.admin.ranges(options.topics),
  ]);
  const committedAt = offsetsByKey(committedList);
  const resumedAt = offsetsByKey(options.resumed);
  const ranges = new Map(rangeList.map((one) => [partitionKey(one), one]));
  const toCommit: PartitionOffset[] = [];
  const seats = readers.map((reader): Seat => {
    const { topic, partition, key } = reader;
    const range = ranges.get(key);
    if (range === undefined) throw unknownPartition(reader);
    const held = reader.position >= 0;
    // Kafka forgets the commits of a topic that is deleted; of one that lost records they are of no use.
    const anew = held && reader.fetchedTo > range.high;
    const found = anew && (committedAt.get(key) ?? 0) > range.high ? undefined : committedAt.get(key);
    const goesOn = held && !anew && (found === undefined || found === OLDEST_OFFSET || found === reader.committed);
    const start = anew ? range.low : options.starts.of(range);
    const committed = found ?? (goesOn ? reader.committed : start);
    if (found === undefined) toCommit.push({ topic, partition, offset: committed });
    const fresh = held ? committed : (resumedAt.get(key) ?? committed);
    const wanted = goesOn ? reader.fetchedTo : fresh === OLDEST_OFFSET ? range.low : fresh;
    if (anew) group.log('warn', `Kafka: ${key} was made anew or has lost records; it is read from ${wanted} on`);
    return { reader, offset: inRange(wanted, range, group.log), committed, renewed: held && !goesOn };
  });
  if (toCommit.length > 0 && options.current()) await group.commitNow(toCommit);
  return seats;
}

/** Records that retention has deleted, or a topic that was made anew: reading goes on with the oldest record that there is. */
function inRange(offset: number, range: PartitionRange, log: DoFnContext['log']): number {
  if (offset >= range.low && offset <= range.high) return offset;
  log('warn', `Kafka: offset ${offset} of ${partitionKey(range)} is gone; reading goes on at ${range.low}`, {
    oldest: range.low,
    end: range.high,
  });
  return range.low;
}

function offsetsByKey(list: readonly PartitionOffset[]): Map<string, number> {
  return new Map(list.map((one) => [partitionKey(one), one.offset]));
}
