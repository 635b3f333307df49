import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { Child, freePorts } from './child.js';
import { type ConsoleRecord, type ConsumeOptions, consumeWithConsole } from './kafka-console.js';
import { kafkaClassPath, sharedClasses } from './kafka-install.js';
import { missingCommands, type Service } from './service.js';

export const SASL_USER = 'alice';
export const SASL_PASSWORD = 'wonderland-7';

const READY_DEADLINE_MS = 90_000;
const LEADERS_DEADLINE_MS = 30_000;
const COORDINATOR_DEADLINE_MS = 15_000;
const JVM = [
  '-Xmx512m',
  '-Xms256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/** A real Apache Kafka broker of one node (KRaft) on 127.0.0.1, its data in a directory of its own. */
export class KafkaBroker {
  private child: Child | undefined;

  private constructor(
    private readonly dir: string,
    private readonly port: number,
    private readonly saslPort: number,
    private readonly classPath: string,
    private readonly javaFlags: readonly string[],
  ) {}

  /** Installs Kafka when needed and answers a broker that is ready. */
  static async start(): Promise<KafkaBroker> {
    const classPath = await kafkaClassPath();
    const flags = await sharedClasses('broker', async (writeFlag) => {
      const recording = await KafkaBroker.create(classPath, [writeFlag]);
      await recording.dispose();
    });
    return KafkaBroker.create(classPath, flags);
  }

  private static async create(classPath: string, javaFlags: readonly string[]): Promise<KafkaBroker> {
    const dir = await mkdtemp(join(tmpdir(), 'millrace-kafka-'));
    const [port, controllerPort, saslPort] = (await freePorts(3)) as [number, number, number];
    await writeFile(join(dir, 'server.properties'), properties(dir, port, controllerPort, saslPort));
    const broker = new KafkaBroker(dir, port, saslPort, classPath, javaFlags);
    try {
      await broker.format();
      await broker.restart();
      return broker;
    } catch (error) {
      await broker.dispose();
      throw error;
    }
  }

  get bootstrapServers(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Where the same broker wants a password: {@link SASL_USER} and {@link SASL_PASSWORD}, mechanism PLAIN. */
  get saslBootstrapServers(): string {
    return `127.0.0.1:${this.saslPort}`;
  }

  /** Starts the broker on the same port and data when it does not run, and waits until it answers. */
  async restart(): Promise<void> {
    await this.child?.end('SIGTERM');
    const child = this.java(this.javaFlags, 'kafka.Kafka', [join(this.dir, 'server.properties')], 'broker.log');
    this.child = child;
    const deadline = Date.now() + READY_DEADLINE_MS;
    while (!(await this.answers())) {
      if (!child.running) throw new Error(`the Kafka broker ended while starting:\n${child.logTail()}`);
      if (Date.now() > deadline) throw new Error(`the Kafka broker is not ready in time:\n${child.logTail()}`);
      await delay(100);
    }
  }

  /** A clean end (SIGTERM). */
  async stop(): Promise<void> {
    await this.child?.end('SIGTERM');
    this.child = undefined;
  }

  /** A sudden end. */
  async kill9(): Promise<void> {
    await this.child?.end('SIGKILL');
    this.child = undefined;
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Creates a topic and waits until all its partitions have leaders. */
  async createTopic(topic: string, partitions = 1, config: Record<string, string> = {}): Promise<string> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.admin(async (admin) => {
      const wanted = { topic, numPartitions: partitions, replicationFactor: 1, configEntries };
      await admin.createTopics({ waitForLeaders: false, topics: [wanted] });
      const deadline = Date.now() + LEADERS_DEADLINE_MS;
      while (!(await hasLeaders(admin, topic, partitions))) {
        if (Date.now() > deadline) throw new Error(`the topic ${topic} has no leaders in time`);
        await delay(50);
      }
    });
    return topic;
  }

  /** Runs with an admin client of this broker's. */
  async admin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Kafka({ brokers: [this.bootstrapServers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      return await use(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** What the group has committed for the topic, by partition; undefined where it has nothing. */
  committed(groupId: string, topic: string): Promise<Map<number, number | undefined>> {
    return this.admin(async (admin) => {
      const deadline = Date.now() + COORDINATOR_DEADLINE_MS;
      while (true) {
        try {
          const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
          const entries = found?.partitions.map((p): [number, number | undefined] => [
            p.partition,
            Number(p.offset) < 0 ? undefined : Number(p.offset),
          ]);
          return new Map(entries);
        } catch (error) {
          // A broker that has just started reads its groups first.
          if (Date.now() > deadline) throw error;
          await delay(200);
        }
      }
    });
  }

  /** Reads a topic from its beginning with Kafka's own console consumer: nothing of ours is between. */
  consume(topic: string, options: ConsumeOptions): Promise<ConsoleRecord[]> {
    return consumeWithConsole(this.classPath, this.dir, this.bootstrapServers, topic, options);
  }

  private async answers(): Promise<boolean> {
    const kafka = new Kafka({
      brokers: [this.bootstrapServers],
      logLevel: logLevel.NOTHING,
      connectionTimeout: 500,
      retry: { retries: 0 },
    });
    const admin = kafka.admin();
    try {
      await admin.connect();
      return (await admin.describeCluster()).brokers.length === 1;
    } catch {
      return false;
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }

  private async format(): Promise<void> {
    const id = randomBytes(16).toString('base64url').replace(/^-/, 'A');
    const args = ['format', '-t', id, '-c', join(this.dir, 'server.properties')];
    const flags = this.javaFlags.filter((flag) => !flag.startsWith('-XX:ArchiveClassesAtExit'));
    const child = this.java(flags, 'kafka.tools.StorageTool', args, 'format.log');
    if ((await child.exited) !== 0) throw new Error(`kafka.tools.StorageTool failed:\n${child.logTail()}`);
  }

  private java(flags: readonly string[], main: string, args: readonly string[], log: string): Child {
    return new Child('java', [...JVM, ...flags, '-cp', this.classPath, main, ...args], join(this.dir, log));
  }

  /** The broker's log, for a test that wants to know what happened. */
  log(): Promise<string> {
    return readFile(join(this.dir, 'broker.log'), 'utf8');
  }
}

async function hasLeaders(admin: Admin, topic: string, partitions: number): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.filter(({ leader }) => leader >= 0).length === partitions;
  } catch {
    // Right after its creation a topic may be unknown for a moment.
    return false;
  }
}

function properties(dir: string, port: number, controllerPort: number, saslPort: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://127.0.0.1:${saslPort},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://127.0.0.1:${saslPort}
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_${SASL_USER}="${SASL_PASSWORD}";
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(dir, 'data')}
auto.create.topics.enable=true
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
`;
}

export const kafkaService: Service<KafkaBroker> = {
  missing: () => missingCommands(['java', '-version'], ['mvn', '-version']),
  start: () => KafkaBroker.start(),
};
