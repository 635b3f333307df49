import { MillraceError } from '../../sdk/model/index.js';
import type { KafkaProducer, ProducedMessage, TopicPartition } from './kafka-client.js';
import { sizeOfMessage } from './record-encoder.js';

/** A request stays below the one megabyte that brokers take by default. */
const MAX_BATCH_BYTES = 900_000;
/** A batch is encoded in one go: with more messages the thread would be away from its event loop for too long. */
const MAX_BATCH_MESSAGES = 4_000;

interface Batch {
  readonly messages: ProducedMessage[];
  bytes: number;
  largest: number;
}

/** Sends the messages of one partition in their order, one batch after the other. */
export class PartitionSender {
  private batch = newBatch();
  private readonly waiting: Batch[] = [];
  private sending: Promise<void> | undefined;
  private failure: unknown;

  constructor(
    private readonly producer: KafkaProducer,
    private readonly to: TopicPartition,
  ) {}

  /** Answers about how many bytes the message takes. */
  add(message: ProducedMessage): number {
    const bytes = sizeOfMessage(message);
    if (this.batch.messages.length > 0 && this.batch.bytes + bytes > MAX_BATCH_BYTES) this.dispatch();
    this.batch.messages.push(message);
    this.batch.bytes += bytes;
    if (bytes > this.batch.largest) this.batch.largest = bytes;
    if (this.batch.messages.length >= MAX_BATCH_MESSAGES) this.dispatch();
    return bytes;
  }

  /** Resolves when everything added so far is acknowledged; rejects with what went wrong. */
  async flush(): Promise<void> {
    if (this.batch.messages.length > 0) this.dispatch();
    await this.sending;
    if (this.failure !== undefined) throw this.failure;
  }

  private dispatch(): void {
    this.waiting.push(this.batch);
    this.batch = newBatch();
    this.sending ??= this.drain();
  }

  private async drain(): Promise<void> {
    try {
      for (let batch = this.waiting.shift(); batch !== undefined; batch = this.waiting.shift()) await this.send(batch);
    } catch (error) {
      // Told at the end of the bundle; what comes after the lost batch must not overtake it.
      this.failure = error;
      this.waiting.length = 0;
    } finally {
      this.sending = undefined;
    }
  }

  private async send(batch: Batch): Promise<void> {
    try {
      await this.producer.send(this.to, batch.messages);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'KAFKA_MESSAGE_TOO_LARGE') throw error;
      if (batch.messages.length > 1) {
        // The topic takes less than brokers do by default: find out how much by halves.
        const middle = batch.messages.length >> 1;
        await this.send(batchOf(batch.messages.slice(0, middle)));
        return this.send(batchOf(batch.messages.slice(middle)));
      }
      throw new MillraceError(error.code, error.kind, `${error.summary} (${batch.largest} bytes)`, {
        hint: error.hint,
        cause: error.cause,
      });
    }
  }
}

function newBatch(): Batch {
  return { messages: [], bytes: 0, largest: 0 };
}

function batchOf(messages: ProducedMessage[]): Batch {
  const sizes = messages.map(sizeOfMessage);
  return { messages, bytes: sizes.reduce((sum, one) => sum + one, 0), largest: Math.max(...sizes) };
}
