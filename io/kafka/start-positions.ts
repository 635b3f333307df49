import { MillraceError } from '../../sdk/model/index.js';
import { type KafkaAdmin, type PartitionOffset, type PartitionRange, partitionKey } from './kafka-client.js';

/**
 * Where a group starts that has committed nothing yet: at the oldest records, after the newest, or at the first record at or
 * after an instant (milliseconds). `committed` starts nowhere else than at a commit.
 */
export type StartFrom = 'earliest' | 'latest' | 'committed' | { readonly timestamp: number };

/** Where reading starts in each partition that has no commit, settled once, when the run starts. */
export class StartPositions {
  private constructor(
    private readonly startFrom: StartFrom,
    private readonly groupId: string,
    private readonly positions: ReadonlyMap<string, number>,
  ) {}

  static async settle(
    admin: KafkaAdmin,
    startFrom: StartFrom,
    groupId: string,
    topics: readonly string[],
  ): Promise<StartPositions> {
    // Asked for in every case: this is where a topic that does not exist is found out.
    const ranges = await admin.ranges(topics);
    const start = await startOffsets(admin, startFrom, topics, ranges);
    return new StartPositions(startFrom, groupId, new Map(start.map((at) => [partitionKey(at), at.offset])));
  }

  /** For a partition without a commit. Partitions that were added to the topic later are read from their beginning. */
  of(partition: PartitionRange): number {
    if (this.startFrom !== 'committed') return this.positions.get(partitionKey(partition)) ?? partition.low;
    throw new MillraceError(
      'KAFKA_NO_COMMIT',
      'external',
      `startFrom is "committed", but the group "${this.groupId}" has committed nothing for ${partitionKey(partition)}`,
      { hint: 'start it once with startFrom "earliest" or "latest"; after that its commits are used anyway' },
    );
  }
}

async function startOffsets(
  admin: KafkaAdmin,
  startFrom: StartFrom,
  topics: readonly string[],
  ranges: readonly PartitionRange[],
): Promise<PartitionOffset[]> {
  if (typeof startFrom === 'object') return admin.offsetsAt(topics, startFrom.timestamp);
  return ranges.map(({ topic, partition, low, high }) => ({
    topic,
    partition,
    offset: startFrom === 'latest' ? high : low,
  }));
}
