import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installed } from './cache.js';

const run = promisify(execFile);

/** `group:artifact:version` */
export type Artifact = `${string}:${string}:${string}`;

const dependency = (artifact: Artifact): string => {
  const [group, name, version] = artifact.split(':');
  return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
};

const pom = (
  name: string,
  artifacts: readonly Artifact[],
): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace.test</groupId><artifactId>${name}</artifactId><version>1</version>
  <dependencies>
    ${artifacts.map(dependency).join('\n    ')}
  </dependencies>
</project>
`;

/**
 * Artifacts and all that they need at run time, from Maven, as the directory `name` of the cache. Answers their class path in a
 * fixed order, which class-data sharing needs.
 */
export async function mavenClassPath(name: string, artifacts: readonly Artifact[]): Promise<string> {
  const dir = await installed(name, async (staging) => {
    const project = join(staging, 'project');
    await mkdir(project);
    await writeFile(join(project, 'pom.xml'), pom(name, artifacts));
    await run(
      'mvn',
      [
        '-q',
        '-B',
        'dependency:copy-dependencies',
        `-DoutputDirectory=${join(staging, 'libs')}`,
        '-DincludeScope=runtime',
      ],
      { cwd: project, maxBuffer: 16 << 20 },
    );
    await rm(project, { recursive: true });
  });
  const libs = join(dir, 'libs');
  return readdirSync(libs)
    .filter((file) => file.endsWith('.jar'))
    .sort()
    .map((file) => join(libs, file))
    .join(':');
}
