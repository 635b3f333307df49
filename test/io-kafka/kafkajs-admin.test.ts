import { type Admin, KafkaJSError } from 'kafkajs';
import { expect, test } from 'vitest';
import { KafkajsAdmin } from '#millrace/io/kafka/kafkajs-admin.js';

/** As kafkajs tells what a broker has answered. */
function answered(type: string): KafkaJSError {
  return Object.assign(new KafkaJSError(type, { retriable: true }), { type });
}

function connect(answers: Partial<Admin>): Promise<KafkajsAdmin> {
  const admin = { connect: async () => {}, disconnect: async () => {}, ...answers };
  return KafkajsAdmin.connect(() => admin as Admin, ['a:1']);
}

test.each(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE'])(
  'a broker that has just started, and answers %s, is asked again',
  async (type) => {
    let asked = 0;
    const admin = await connect({
      fetchOffsets: async () => {
        if (++asked === 1) throw answered(type);
        return [{ topic: 't', partitions: [{ partition: 0, offset: '5', metadata: null }] }];
      },
    });
    expect(await admin.committed('g', ['t'])).toEqual([{ topic: 't', partition: 0, offset: 5 }]);
    expect(asked).toBe(2);
  },
);

test('what asking again does not help is told at once', async () => {
  const admin = await connect({
    fetchOffsets: async () => {
      throw Object.assign(new KafkaJSError('no', { retriable: false }), { type: 'GROUP_AUTHORIZATION_FAILED' });
    },
  });
  await expect(admin.committed('g', ['t'])).rejects.toMatchObject({ code: 'KAFKA_NOT_AUTHORIZED' });
});
