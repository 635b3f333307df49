import { setTimeout as delay } from 'node:timers/promises';
import {
  type DoFnContext,
  GlobalWindow,
  type LogLevel,
  MIN_TIMESTAMP,
  type SourceContext,
  type SourceReader,
  type Timestamp,
} from 'millrace';
import { afterEach } from 'vitest';
import type { ConnectKafka } from '#millrace/io/kafka/kafka-client.js';
import type { KafkaRecord } from '#millrace/io/kafka/kafka-record.js';
import { KafkaSource, type KafkaSourceOptions, type KafkaSubscription } from '#millrace/io/kafka/kafka-source.js';
import { noMetrics } from '../support/kernel-host.js';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
}

/** A context as a runner gives it; collects the log. */
export function doFnContext(step = 'read'): DoFnContext & { readonly logs: LogLine[]; abort(reason: Error): void } {
  const logs: LogLine[] = [];
  const aborting = new AbortController();
  return {
    step,
    logs,
    metrics: noMetrics,
    log: (level, message) => void logs.push({ level, message }),
    signal: aborting.signal,
    abort: (reason) => aborting.abort(reason),
  };
}

export const DEFAULTS = {
  bounded: false,
  keyFormat: 'string',
  valueFormat: 'string',
  timestampOf: (record: KafkaRecord<unknown, unknown>) => record.timestamp,
  maxOutOfOrderMs: 0,
  idleMs: 5_000,
  sessionTimeoutMs: 6_000,
  maxBufferedBytes: 16 << 20,
  readCommitted: true,
} as const satisfies Omit<KafkaSourceOptions, 'connection'>;

const open = new Set<SourceRun>();
afterEach(async () => {
  await Promise.all([...open].map((run) => run.end()));
});

/** Runs one source without a runner: polls it until something holds. */
export class SourceRun {
  readonly records: { record: KafkaRecord<string, string>; timestamp: Timestamp }[] = [];
  private readonly finalisers: (() => void | Promise<void>)[] = [];
  done = false;

  private constructor(
    readonly source: KafkaSource,
    readonly reader: SourceReader<KafkaRecord<unknown, unknown>>,
    readonly context: ReturnType<typeof doFnContext>,
  ) {
    open.add(this);
  }

  static async open(
    subscription: Pick<KafkaSubscription, 'topics'> & Partial<KafkaSubscription>,
    options: Partial<KafkaSourceOptions> & { bootstrapServers: string; job?: string; connect?: ConnectKafka },
  ): Promise<SourceRun> {
    const { bootstrapServers, job = 'job', connect, ...rest } = options;
    const source = new KafkaSource(
      { ...DEFAULTS, connection: { bootstrapServers }, ...rest },
      ...(connect ? [connect] : []),
    );
    const context = doFnContext();
    source.setup(context);
    const element: KafkaSubscription = {
      groupId: null,
      startFrom: 'earliest',
      maxRecords: null,
      untilLatest: false,
      ...subscription,
    };
    try {
      const tracker = source.newTracker(await source.initialRestriction(element));
      const whole: SourceContext = {
        ...context,
        initialWatermark: MIN_TIMESTAMP,
        timestamp: MIN_TIMESTAMP,
        window: GlobalWindow.INSTANCE,
        job,
        now: Date.now,
      };
      return new SourceRun(source, await source.open(element, tracker, whole), context);
    } catch (error) {
      await source.teardown();
      throw error;
    }
  }

  get values(): (string | null)[] {
    return this.records.map(({ record }) => record.value);
  }

  /** Polls until the condition holds or the source is done; fails after the deadline. */
  async until(condition: () => boolean, deadlineMs = 20_000, budget = 1_000): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    while (!condition() && !this.done) {
      const result = this.reader.poll({ emit: (record, timestamp) => this.keep(record, timestamp) }, budget);
      if (condition()) return;
      if (result === 'done') this.done = true;
      else if (result === 'more') await new Promise((resolve) => setImmediate(resolve));
      // The condition may be about something that does not wake the reader: look again from time to time.
      else await Promise.race([delay(50), result.kind === 'wakeWhen' ? result.promise : delay(result.delayMs)]);
      if (Date.now() > deadline)
        throw new Error(
          `not within ${deadlineMs} ms; ${this.records.length} records, log: ${JSON.stringify(this.context.logs)}`,
        );
    }
  }

  private keep(record: KafkaRecord<unknown, unknown>, timestamp: Timestamp): void {
    this.records.push({ record: record as KafkaRecord<string, string>, timestamp });
  }

  /** A barrier: what was read so far is acknowledged at the next `acknowledge`. */
  barrier(): void {
    const finaliser = this.reader.checkpoint?.();
    if (finaliser !== undefined) this.finalisers.push(finaliser);
  }

  async acknowledge(): Promise<void> {
    for (const finaliser of this.finalisers.splice(0)) await finaliser();
  }

  /** As a runner stops: a last barrier, acknowledged, then the end. */
  async stop(): Promise<void> {
    this.barrier();
    await this.reader.close();
    await this.acknowledge();
    await this.end();
  }

  /** The end without a word to anybody, as far as a process that goes on can do that. */
  async end(): Promise<void> {
    open.delete(this);
    await this.reader.close();
    await this.source.teardown();
  }
}
