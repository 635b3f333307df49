import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installed } from './cache.js';
import { missingCommands, type Service } from './service.js';

const run = promisify(execFile);

export const BEAM_MODEL_VERSION = '2.62.0';
const ARTIFACTS = ['beam-model-pipeline', 'beam-model-fn-execution', 'beam-model-job-management'];

/** Beam's own wire schema, compiled. */
export interface BeamModel {
  /** A serialised FileDescriptorSet of all of Beam's .proto files. */
  readonly descriptors: Uint8Array;
  dispose(): Promise<void>;
}

const BUF = join('node_modules', '.bin', 'buf');

/** Fetches the jars that hold Beam's .proto files with Maven, and compiles the files with buf. */
export const beamModelService: Service<BeamModel> = {
  missing: () => missingCommands(['mvn', '-v'], ['unzip', '-v'], [BUF, '--version']),
  async start() {
    const dir = await installed(`beam-model-${BEAM_MODEL_VERSION}`, async (staging) => {
      const jars = join(staging, 'jars');
      const protos = join(staging, 'protos');
      await mkdir(protos);
      for (const artifact of ARTIFACTS)
        await run('mvn', [
          '-q',
          '-B',
          'dependency:copy',
          `-Dartifact=org.apache.beam:${artifact}:${BEAM_MODEL_VERSION}`,
          `-DoutputDirectory=${jars}`,
        ]);
      for (const jar of readdirSync(jars))
        execFileSync('unzip', ['-qo', join(jars, jar), '*.proto', '-d', protos], { stdio: 'ignore' });
      await rm(jars, { recursive: true });
      execFileSync(BUF, ['build', protos, '-o', join(staging, 'descriptors.binpb')]);
    });
    return { descriptors: readFileSync(join(dir, 'descriptors.binpb')), dispose: async () => undefined };
  },
};
