import { type Engine, namespace, startEngine } from './engine.js';
import { mavenClassPath } from './maven.js';
import { missingCommands, type Service } from './service.js';

/** The Beam release whose runner for this Flink it is. */
const BEAM_VERSION = '2.62.0';
const FLINK_SERIES = '1.19';

/** Flink inside of Beam's job server, in one process. */
export const flinkService: Service<Engine> = {
  missing() {
    if (namespace() === undefined) return 'no right to make a network namespace (REMOTE_NO_NETNS)';
    return missingCommands(['java', '-version'], ['mvn', '-version']);
  },
  async start() {
    const classPath = await mavenClassPath(`beam-flink-${FLINK_SERIES}-${BEAM_VERSION}`, [
      `org.apache.beam:beam-runners-flink-${FLINK_SERIES}:${BEAM_VERSION}`,
      'org.slf4j:slf4j-simple:1.7.36',
    ]);
    return await startEngine({
      name: 'Flink',
      command: [
        ...['java', '-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', classPath],
        ...['org.apache.beam.runners.flink.FlinkJobServerDriver', '--flink-master=[local]'],
        ...['--job-host=localhost', '--job-port={port}', '--artifact-port={port2}', '--expansion-port={port3}'],
        '--artifacts-dir={directory}/artifacts',
      ],
      lanes: 1,
    });
  },
};
