import * as fc from 'fast-check';
import { AssignerProtocol, type Cluster, type GroupMember, type Logger } from 'kafkajs';
import { MillraceError } from 'millrace';
import { expect, test } from 'vitest';
import { groupAssigner } from '#millrace/io/kafka/group-assigner.js';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;
const TOPICS = ['a', 'b', 'c'];

/** What each member is given, as `topic/partition`, when the first one decides. */
async function deal(reading: readonly (readonly string[])[], counts: Record<string, number>): Promise<string[][]> {
  const own = reading[0]!;
  const cluster: Partial<Cluster> = {
    findTopicPartitionMetadata: (topic) => {
      expect(own).toContain(topic);
      return Array.from({ length: counts[topic]! }, () => ({}) as never);
    },
  };
  const assigner = groupAssigner(async (topic) => {
    if (counts[topic] === 0) throw new MillraceError('KAFKA_UNKNOWN_TOPIC', 'external', 'it was deleted');
    return counts[topic]!;
  })({
    cluster: cluster as Cluster,
    groupId: 'g',
    logger: {} as Logger,
  });
  const members = reading.map((topics, i): GroupMember => {
    const { metadata } = assigner.protocol({ topics: [...topics] });
    expect(MemberMetadata.decode(metadata)?.topics).toEqual(topics);
    return { memberId: `m${i}`, memberMetadata: metadata };
  });
  const assigned = new Map(
    (await assigner.assign({ members, topics: [...own] })).map(({ memberId, memberAssignment }) => {
      const { assignment } = MemberAssignment.decode(memberAssignment)!;
      return [memberId, Object.entries(assignment).flatMap(([topic, list]) => list.map((one) => `${topic}/${one}`))];
    }),
  );
  return members.map(({ memberId }) => assigned.get(memberId) ?? []);
}

const count = fc.integer({ min: 0, max: 7 });
const counted = fc.record({ a: count, b: count, c: count });

test('every partition goes to one member that reads its topic', async () => {
  const reading = fc.array(fc.subarray(TOPICS, { minLength: 1 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(reading, counted, async (topics, counts) => {
      const dealt = await deal(topics, counts);
      for (const [member, partitions] of dealt.entries())
        for (const partition of partitions) expect(topics[member]).toContain(partition.split('/')[0]);
      const wanted = [...new Set(topics.flat())].flatMap((topic) =>
        Array.from({ length: counts[topic as 'a'] }, (_, i) => `${topic}/${i}`),
      );
      expect(dealt.flat().sort()).toEqual(wanted.sort());
    }),
  );
});

test('members that read the same have the same number, or one less', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), counted, async (members, counts) => {
      const sizes = (await deal(Array(members).fill(TOPICS), counts)).map((partitions) => partitions.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});
