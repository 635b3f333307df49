import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedClasses } from './kafka-install.js';

/** A record as Kafka's own console consumer prints it. */
export interface ConsoleRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
}

export interface ConsumeOptions {
  /** Ends as soon as this many records were read. */
  readonly count?: number;
  /** Ends when nothing came for so long. */
  readonly idleMs?: number;
  readonly readCommitted?: boolean;
}

const NULL = '\u2400null';
const SEPARATOR = '\t';

/** Runs `org.apache.kafka.tools.consumer.ConsoleConsumer` over a topic from its beginning. Values hold no line breaks or tabs. */
export async function consumeWithConsole(
  classPath: string,
  dir: string,
  bootstrapServers: string,
  topic: string,
  options: ConsumeOptions,
): Promise<ConsoleRecord[]> {
  const args = [
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    ...['--bootstrap-server', bootstrapServers, '--topic', topic, '--from-beginning'],
    ...['--timeout-ms', String(options.idleMs ?? 10_000)],
    ...(options.count === undefined ? [] : ['--max-messages', String(options.count)]),
    ...(options.readCommitted === true ? ['--isolation-level', 'read_committed'] : []),
    ...[
      ...['print.timestamp=true', 'print.partition=true', 'print.offset=true', 'print.key=true'],
      ...[`null.literal=${NULL}`, `key.separator=${SEPARATOR}`],
    ].flatMap((property) => ['--formatter-property', property]),
  ];
  // The recording run has no broker to talk to: it loads the consumer's classes and gives up at once.
  const shared = await sharedClasses('console', async (flag, staging) => {
    const unreachable = args.map((arg) => (arg === bootstrapServers ? '127.0.0.1:9' : arg === '10000' ? '100' : arg));
    await runJava([flag, '-cp', classPath, ...unreachable], staging).catch(() => undefined);
  });
  const scratch = await mkdtemp(join(dir, 'console-'));
  try {
    const text = await runJava([...shared, '-cp', classPath, ...args], scratch);
    return text.split('\n').filter(Boolean).map(parse);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function parse(line: string): ConsoleRecord {
  const match =
    /^(?:CreateTime|LogAppendTime|NO_TIMESTAMP):?(-?\d*)\tPartition:(\d+)\tOffset:(\d+)\t([^\t]*)\t(.*)$/.exec(line);
  if (match === null) throw new Error(`unexpected line of the console consumer: ${line}`);
  const [, timestamp = '', partition, offset, key = '', value = ''] = match;
  return {
    partition: Number(partition),
    offset: Number(offset),
    timestamp: Number(timestamp),
    key: key === NULL ? null : key,
    value: value === NULL ? null : value,
  };
}

/** Answers stdout. The consumer ends with code 0 after its time-out or its number of messages. */
function runJava(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
    const child = spawn('java', ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', quiet, ...args], { cwd });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const text = Buffer.concat(out).toString('utf8');
      if (code === 0) resolve(text);
      else reject(new Error(`java ended with ${code}: ${Buffer.concat(err).toString('utf8').slice(-2000)}`));
    });
  });
}
