import { AssignerProtocol, type Assignment, type GroupMember, type PartitionAssigner } from 'kafkajs';
import { MillraceError } from '../../sdk/model/index.js';

const { MemberMetadata, MemberAssignment } = AssignerProtocol;
const VERSION = 0;
const NO_DATA = Buffer.alloc(0);

/**
 * Deals the partitions out to the members of a group, to each only those of topics that it reads. kafkajs's own assigner takes
 * all members to read the topics of the first among them: of two jobs with one group and different topics each would be given
 * partitions that it throws away. The name is that of kafkajs's, so that its members and ours may be in one group.
 *
 * @param partitionCount how many partitions a topic has that this member does not read itself.
 */
export function groupAssigner(partitionCount: (topic: string) => Promise<number>): PartitionAssigner {
  return ({ cluster }) => ({
    name: 'RoundRobinAssigner',
    version: VERSION,
    protocol({ topics }) {
      return {
        name: 'RoundRobinAssigner',
        metadata: MemberMetadata.encode({ version: VERSION, topics, userData: NO_DATA }),
      };
    },
    async assign({ members, topics: own }) {
      const readers = readersByTopic(members);
      const counts = await Promise.all(
        [...readers.keys()].map(async (topic): Promise<[string, number]> => {
          const count = own.includes(topic)
            ? cluster.findTopicPartitionMetadata(topic).length
            : await partitionCount(topic).catch(noneOfUnknown);
          return [topic, count];
        }),
      );
      return [...dealOut(readers, new Map(counts))].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({ version: VERSION, assignment, userData: NO_DATA }),
      }));
    },
  });
}

/** What another member wanted to read is gone: that is its business, and it will hear of it. */
function noneOfUnknown(error: unknown): number {
  if (error instanceof MillraceError && error.code === 'KAFKA_UNKNOWN_TOPIC') return 0;
  throw error;
}

/** Topic → the members that read it; both in order, so that who decides does not matter. */
function readersByTopic(members: readonly GroupMember[]): Map<string, string[]> {
  const readers = new Map<string, string[]>();
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  for (const { memberId, memberMetadata } of sorted)
    for (const topic of MemberMetadata.decode(memberMetadata)?.topics ?? [])
      readers.set(topic, [...(readers.get(topic) ?? []), memberId]);
  return new Map([...readers].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Each partition to the one of its readers that has the fewest so far. */
export function dealOut(
  readers: ReadonlyMap<string, readonly string[]>,
  counts: ReadonlyMap<string, number>,
): Map<string, Assignment> {
  const assignments = new Map<string, Assignment>();
  const held = new Map<string, number>();
  for (const [topic, members] of readers) {
    for (let partition = 0; partition < (counts.get(topic) ?? 0); partition++) {
      const member = members.reduce((least, one) => ((held.get(one) ?? 0) < (held.get(least) ?? 0) ? one : least));
      held.set(member, (held.get(member) ?? 0) + 1);
      const assignment = assignments.get(member) ?? {};
      assignments.set(member, assignment);
      assignment[topic] = [...(assignment[topic] ?? []), partition];
    }
  }
  return assignments;
}
