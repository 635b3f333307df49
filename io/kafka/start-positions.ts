import { MillraceError } from '../../sdk/model/index.js';
import { type KafkaAdmin, type PartitionOffset, type PartitionRange, partitionKey } from './kafka-client.js';
import type { StartFrom } from './start-from.js';

/**
 * Where reading starts in each partition that has no commit, settled once, when the run starts. A topic of which the group
 * has commits has been begun: partitions without one were added to it since, and are read from their beginning, so that
 * nothing of them is left out.
 */
export class StartPositions {
  private constructor(private readonly positions: ReadonlyMap<string, number>) {}

  /** Rejects with KAFKA_UNKNOWN_TOPIC, and with KAFKA_NO_COMMIT where only commits may be started from. */
  static async settle(
    admin: KafkaAdmin,
    startFrom: StartFrom,
    groupId: string,
    topics: readonly string[],
  ): Promise<StartPositions> {
    // Asked for in every case: this is where a topic that does not exist is found out.
    const ranges = await admin.ranges(topics);
    const begun = new Set((await admin.committed(groupId, topics)).map(({ topic }) => topic));
    const fresh = topics.filter((topic) => !begun.has(topic));
    if (startFrom === 'committed' && fresh.length > 0) throw noCommit(groupId, fresh);
    const start = fresh.length === 0 ? [] : await startOffsets(admin, startFrom, fresh, ranges);
    return new StartPositions(new Map(start.map((at) => [partitionKey(at), at.offset])));
  }

  /** For a partition without a commit. */
  of(partition: PartitionRange): number {
    return this.positions.get(partitionKey(partition)) ?? partition.low;
  }
}

async function startOffsets(
  admin: KafkaAdmin,
  startFrom: StartFrom,
  topics: readonly string[],
  ranges: readonly PartitionRange[],
): Promise<PartitionOffset[]> {
  if (typeof startFrom === 'object') return admin.offsetsAt(topics, startFrom.timestamp);
  return ranges
    .filter(({ topic }) => topics.includes(topic))
    .map(({ topic, partition, low, high }) => ({ topic, partition, offset: startFrom === 'latest' ? high : low }));
}

function noCommit(groupId: string, topics: readonly string[]): MillraceError {
  return new MillraceError(
    'KAFKA_NO_COMMIT',
    'external',
    `startFrom is "committed", but the group "${groupId}" has committed nothing for ${topics.join(', ')}`,
    { hint: 'start it once with startFrom "earliest" or "latest"; after that its commits are used anyway' },
  );
}
