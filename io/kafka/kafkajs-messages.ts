import type { Message } from 'kafkajs';
import type { ProducedMessage } from './kafka-client.js';
import { encodeRecords } from './record-encoder.js';

/** What kafkajs makes of each message: an encoder, of which it copies the bytes into the request. */
interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

type Ask = (message: Message, index: number) => unknown;
type Group = (groups: unknown, message: Message, index: number) => Record<string, Message[]>;

const EMPTY = Buffer.alloc(0);
const NOTHING: Encoded = { buf: EMPTY, buffer: EMPTY };
/** As many digits as the greatest time has: kafkajs sorts times as texts. */
const TIMESTAMP_DIGITS = 16;

/**
 * The messages of one request, all for one partition, as the list that kafkajs is given: stand-ins, in a list that answers
 * itself what kafkajs asks of it. kafkajs's own ways cost more than all else together: to group messages by partition it
 * copies the group for each of them, and it encodes each into 512 bytes of its own. Here the group is the list, and all
 * records are encoded at once. The tests compare the requests byte by byte.
 */
export function kafkajsMessages(messages: readonly ProducedMessage[], partition: number): Message[] {
  const now = Date.now();
  let least = Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (const { timestamp = now } of messages) {
    if (timestamp < least) least = timestamp;
    if (timestamp > greatest) greatest = timestamp;
  }
  const timestamps = [least, greatest].map((timestamp) => String(timestamp).padStart(TIMESTAMP_DIGITS, '0'));
  let encoded: readonly Encoded[] | undefined;
  const encode = (): readonly Encoded[] => {
    const bytes = encodeRecords(messages, least, now);
    return [{ buf: bytes, buffer: bytes }, ...new Array<Encoded>(messages.length - 1).fill(NOTHING)];
  };

  const list = new Array<Message>(messages.length).fill({ partition, value: null });
  const answers = {
    // Asked for a message without a value: there is none.
    find: () => undefined,
    // Asked to group by partition: the first message tells how the only group is called.
    reduce(group: Group, groups: unknown): Record<string, Message[]> {
      const [name] = Object.keys(group(groups, list[0]!, 0));
      return { [name!]: list };
    },
    // Asked for the times of all, of which the least and the greatest are used; then for their records.
    map(ask: Ask): unknown {
      if (ask(list[0]!, 0) === undefined) return timestamps;
      encoded ??= encode();
      return encoded;
    },
  };
  return Object.assign(list, answers) as unknown as Message[];
}
