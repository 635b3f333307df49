import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, KafkaJSProtocolError, logLevel, type Message, type Producer } from 'kafkajs';
import { onTestFinished } from 'vitest';
import type { KafkaBroker } from '../support/services/kafka.js';
import { PipelineProcess } from './pipeline-process.js';

/** What the job says when the group has given it partitions; the number of them follows. */
export const ASSIGNED = 'Kafka assigned';
export const RUNNERS = [
  ['direct', {}],
  ['worker-threads', { threads: 2 }],
] as const;

const EXAMPLE = 'examples/kafka-uppercase.ts';

/** What is undefined is not given. */
export interface JobOptions {
  readonly [name: string]: string | number | undefined;
}

let serial = 0;

/** The topics of one run of `examples/kafka-uppercase.ts`, what is written to them, and processes that run it. */
export class UppercaseJob {
  /** Records that were written, numbered from 0. */
  written = 0;

  private constructor(
    readonly broker: KafkaBroker,
    readonly input: string,
    readonly output: string,
    readonly groupId: string,
    private readonly options: JobOptions,
    private readonly producer: Producer,
  ) {}

  /** Makes the topics; whatever still runs at the end of the test is ended. */
  static async create(broker: KafkaBroker, partitions = 2, options: JobOptions = {}): Promise<UppercaseJob> {
    serial++;
    const input = await broker.createTopic(`in-${serial}`, partitions);
    const output = await broker.createTopic(`out-${serial}`, partitions);
    const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      metadataMaxAge: 1_000,
      createPartitioner:
        () =>
        ({ message, partitionMetadata }) =>
          message.partition ?? Number(String(message.key).slice(1)) % partitionMetadata.length,
    });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    return new UppercaseJob(broker, input, output, `uppercase-${serial}`, options, producer);
  }

  start(options: JobOptions = {}): PipelineProcess {
    const run = new PipelineProcess(EXAMPLE, {
      bootstrapServers: this.broker.bootstrapServers,
      inputTopic: this.input,
      outputTopic: this.output,
      groupId: this.groupId,
      ...this.options,
      ...options,
    });
    onTestFinished(() => run.dispose());
    return run;
  }

  /** Writes the next `count` numbered records: `m0` with the key `k0`, and so on. */
  async write(count: number): Promise<void> {
    const from = this.written;
    const messages = Array.from({ length: count }, (_, i) => ({ key: `k${(from + i) % 97}`, value: `m${from + i}` }));
    await this.producer.send({ topic: this.input, messages });
    this.written += count;
  }

  /** Sends one message, to the partition that it names if it does. */
  async send(message: Message): Promise<void> {
    // While kafkajs does not know the partition yet it sends nothing, and answers nothing.
    await within(10_000, async () => {
      const answers = await this.producer.send({ topic: this.input, messages: [message] });
      return answers.length > 0;
    });
  }

  /** Writes on and on, whether there is a broker or not, until the answer is called; that settles with the last record. */
  load(count = 50, everyMs = 10): () => Promise<void> {
    let loading = true;
    const loaded = (async () => {
      while (loading) {
        // What failed is sent again with the same sequence numbers, and brokers drop what they have.
        await this.write(count).catch(() => delay(200));
        await delay(everyMs);
      }
    })();
    return () => {
      loading = false;
      return loaded;
    };
  }

  /** Records that the output has had. */
  outputEnd(): Promise<number> {
    return this.endOf(this.output);
  }

  inputEnd(): Promise<number> {
    return this.endOf(this.input);
  }

  /** A broker that has just come back does not lead its partitions at once. */
  private async endOf(topic: string): Promise<number> {
    let end = 0;
    await within(30_000, async () => {
      try {
        const partitions = await this.broker.admin((admin) => admin.fetchTopicOffsets(topic));
        end = sum(partitions.map((one) => Number(one.high)));
        return true;
      } catch (error) {
        if (error instanceof KafkaJSProtocolError && error.retriable) return false;
        throw error;
      }
    });
    return end;
  }

  /** Waits until everything that was written is committed. */
  async settled(ms = 30_000): Promise<void> {
    await within(ms, async () => {
      const committed = sum(
        [...(await this.broker.committed(this.groupId, this.input)).values()].map((one) => one ?? 0),
      );
      return committed === (await this.inputEnd());
    });
  }

  /** The values of the output, as Kafka's own consumer reads them. */
  async read(options: { readonly count?: number; readonly idleMs?: number } = { idleMs: 3_000 }): Promise<string[]> {
    return (await this.broker.consume(this.output, options)).map((record) => record.value!);
  }

  /** What the output must hold: every record in upper case. */
  get expected(): string[] {
    return numbered(0, this.written);
  }
}

export function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `M${from + i}`).sort();
}

/** Each value once, in order. */
export function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** Looks until it is so; answers how long that took, in milliseconds. */
export async function within(ms: number, isSo: () => Promise<boolean>): Promise<number> {
  const from = Date.now();
  while (!(await isSo())) {
    if (Date.now() - from > ms) throw new Error(`not within ${ms} ms`);
    await delay(100);
  }
  return Date.now() - from;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
