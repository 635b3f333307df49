import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheRoot, installed } from './cache.js';
import { mavenClassPath } from './maven.js';

const run = promisify(execFile);

export const KAFKA_VERSION = '4.3.1';

/** Kafka's jars from Maven, in the cache. */
export function kafkaClassPath(): Promise<string> {
  return mavenClassPath(`kafka-${KAFKA_VERSION}`, [
    `org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`,
    `org.apache.kafka:kafka-tools:${KAFKA_VERSION}`,
    'org.slf4j:slf4j-simple:1.7.36',
  ]);
}

/**
 * Java's flags for a shared archive of already parsed classes, which cuts the start of a broker to a third. The archive
 * belongs to this Java and this class path; `record` is called to run the program once with the flag that writes it.
 */
export async function sharedClasses(
  program: string,
  record: (writeFlag: string, dir: string) => Promise<void>,
): Promise<string[]> {
  const { stderr } = await run('java', ['-version']);
  const java = (/version "([^"]+)"/.exec(stderr)?.[1] ?? 'unknown').replace(/[^\w.-]/g, '_');
  const name = `kafka-${KAFKA_VERSION}-cds-${program}-java-${java}`;
  const dir = await installed(name, async (staging) => {
    const archive = join(staging, 'classes.jsa');
    await record(`-XX:ArchiveClassesAtExit=${archive}`, staging);
    // Without an archive everything works, slower: not every Java can write one.
    if (!existsSync(archive)) await writeFile(join(staging, 'none'), 'this Java wrote no archive\n');
  });
  const archive = join(cacheRoot(), name, 'classes.jsa');
  return existsSync(join(dir, 'classes.jsa'))
    ? [`-XX:SharedArchiveFile=${archive}`, '-Xshare:auto', '-Xlog:cds=off']
    : [];
}
