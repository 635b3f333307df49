import { createReadStream } from 'node:fs';
import { MillraceError } from '../../sdk/model/index.js';
import { type Artifact, artifactFromBeam } from '../beam/artifacts.js';
import { ArtifactStagingService } from '../beam/generated/artifacts_pb.js';
import { GrpcConnection } from '../beam/grpc/connection.js';

const STAGING_TIMEOUT_MS = 120_000;
const CHUNK_BYTES = 1 << 20;

/**
 * Answers the engine's questions for the files of a job until it has none left. The client calls, the engine asks: to
 * name the files in forms that it prefers (we have only one), then for their bytes. Only files of this job are read,
 * whatever path is asked for.
 */
export async function stageArtifacts(endpoint: string, token: string, artifacts: readonly Artifact[]): Promise<void> {
  const connection = new GrpcConnection(endpoint);
  try {
    const stream = connection.bidi(ArtifactStagingService.method.reverseArtifactRetrievalService, STAGING_TIMEOUT_MS);
    await stream.send({ stagingToken: token });
    for await (const { request } of stream) {
      switch (request.case) {
        case 'resolveArtifact':
          await stream.send({
            stagingToken: token,
            isLast: true,
            response: { case: 'resolveArtifactResponse', value: { replacements: request.value.artifacts } },
          });
          break;
        case 'getArtifact': {
          const wanted = request.value.artifact === undefined ? undefined : artifactFromBeam(request.value.artifact);
          const artifact = artifacts.find(({ name, sha256 }) => name === wanted?.name && sha256 === wanted.sha256);
          if (artifact === undefined)
            throw new MillraceError(
              'REMOTE_ARTIFACT',
              'external',
              `the engine asks for ${wanted?.name ?? 'a file without a name'}, which is no file of this job`,
            );
          for await (const data of createReadStream(artifact.path, { highWaterMark: CHUNK_BYTES }))
            await stream.send({
              stagingToken: token,
              response: { case: 'getArtifactResponse', value: { data: data as Uint8Array } },
            });
          await stream.send({
            stagingToken: token,
            isLast: true,
            response: { case: 'getArtifactResponse', value: { data: new Uint8Array() } },
          });
          break;
        }
        case undefined:
          throw new MillraceError('REMOTE_PROTOCOL', 'external', 'the engine asks for an artifact in an unknown way');
      }
    }
    stream.end();
  } finally {
    connection.close();
  }
}
