import type { DoFn, DoFnContext, FinishBundleContext } from '../../sdk/model/index.js';
import type { KafkaConnection } from './connection.js';
import type { ConnectKafka } from './kafka-client.js';
import { type KafkaWritable, namedPartition, producedMessage } from './kafka-message.js';
import { kafkajsClient } from './kafkajs-client.js';
import { TopicWriter } from './topic-writer.js';

export interface KafkaSinkOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
}

/** Writes to a topic. The bundle is finished when all in-sync replicas have everything. */
export class KafkaSink implements DoFn<KafkaWritable, never> {
  private opened: TopicWriter | undefined;

  constructor(
    private readonly options: KafkaSinkOptions,
    private readonly connect: ConnectKafka = kafkajsClient,
  ) {}

  async setup(context: DoFnContext): Promise<void> {
    const client = this.connect(this.options.connection, (level, message, fields) =>
      context.log(level, message, fields),
    );
    this.opened = await TopicWriter.open(client, this.options.topic);
  }

  startBundle(): Promise<void> {
    return this.writer.recount();
  }

  process(element: KafkaWritable): void {
    const { writer } = this;
    const message = producedMessage(element);
    writer.add(message, namedPartition(element, writer.topic, writer.partitions));
  }

  async finishBundle(context: FinishBundleContext<never>): Promise<void> {
    const aborted = rejectOnAbort(context.signal);
    try {
      await Promise.race([this.writer.flush(), aborted.promise]);
    } finally {
      aborted.release();
    }
  }

  async teardown(): Promise<void> {
    await this.opened?.close();
  }

  private get writer(): TopicWriter {
    if (this.opened === undefined) throw new Error('setup was not called');
    return this.opened;
  }
}

function rejectOnAbort(signal: AbortSignal): { promise: Promise<never>; release: () => void } {
  let abort = () => {};
  const promise = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return { promise, release: () => signal.removeEventListener('abort', abort) };
}
