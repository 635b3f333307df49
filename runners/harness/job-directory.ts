import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../sdk/model/index.js';
import { artifactFromBeam, BUNDLE_ARTIFACT, PLAN_ARTIFACT } from '../beam/artifacts.js';
import { ArtifactRetrievalService } from '../beam/generated/artifacts_pb.js';
import type { ArtifactInformation } from '../beam/generated/environment_pb.js';
import type { GrpcConnection } from '../beam/grpc/connection.js';

const FETCH_TIMEOUT_MS = 120_000;

/** The files of a job as they lie beside its workers. */
export interface JobDirectory {
  readonly planPath: string;
  readonly bundle?: { readonly path: string; readonly sha256: string };
}

/** Fetches the plan and the author's code from the engine. Anything else that it offers is not ours, and is left there. */
export async function fetchJob(
  connection: GrpcConnection,
  dependencies: readonly ArtifactInformation[],
  directory: string,
): Promise<JobDirectory> {
  const { replacements } = await connection.unary(ArtifactRetrievalService.method.resolveArtifacts, {
    artifacts: [...dependencies],
  });
  const fetched = new Map<string, { path: string; sha256: string }>();
  for (const artifact of replacements) {
    const { name, sha256 } = artifactFromBeam(artifact);
    if (name !== PLAN_ARTIFACT && name !== BUNDLE_ARTIFACT) continue;
    const path = join(directory, name);
    const actual = await fetchFile(connection, artifact, path);
    if (sha256 !== '' && sha256 !== actual)
      throw new MillraceError(
        'REMOTE_ARTIFACT',
        'external',
        `${name} arrived damaged: its SHA-256 is ${actual}, not ${sha256}`,
      );
    fetched.set(name, { path, sha256: actual });
  }
  const plan = fetched.get(PLAN_ARTIFACT);
  const bundle = fetched.get(BUNDLE_ARTIFACT);
  if (plan === undefined)
    throw new MillraceError('REMOTE_ARTIFACT', 'external', 'the engine has no plan for this worker');
  return { planPath: plan.path, ...(bundle !== undefined && { bundle }) };
}

/** Answers the SHA-256 of what arrived. */
async function fetchFile(connection: GrpcConnection, artifact: ArtifactInformation, path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const { data } of connection.serverStream(
      ArtifactRetrievalService.method.getArtifact,
      { artifact },
      FETCH_TIMEOUT_MS,
    )) {
      hash.update(data);
      await file.writeFile(data);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
