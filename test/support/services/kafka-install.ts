import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheRoot, installed } from './cache.js';

const run = promisify(execFile);

export const KAFKA_VERSION = '4.3.1';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace.test</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/** Kafka's jars from Maven, in the cache. Answers their class path in a fixed order, which class-data sharing needs. */
export async function kafkaClassPath(): Promise<string> {
  const dir = await installed(`kafka-${KAFKA_VERSION}`, async (staging) => {
    const project = join(staging, 'project');
    await mkdir(project);
    await writeFile(join(project, 'pom.xml'), POM);
    const libs = join(staging, 'libs');
    await run(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${libs}`, '-DincludeScope=runtime'],
      {
        cwd: project,
        maxBuffer: 16 << 20,
      },
    );
    await rm(project, { recursive: true });
  });
  const libs = join(dir, 'libs');
  return readdirSync(libs)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(libs, name))
    .join(':');
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
