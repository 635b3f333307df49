import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { MillraceError } from '../../sdk/model/index.js';
import {
  ArtifactFilePayloadSchema,
  type ArtifactInformation,
  ArtifactInformationSchema,
  ArtifactStagingToRolePayloadSchema,
} from './generated/environment_pb.js';

const FILE_TYPE = 'beam:artifact:type:file:v1';
const STAGING_TO_ROLE = 'beam:artifact:role:staging_to:v1';

/** Names under which the two files of every job are staged. */
export const BUNDLE_ARTIFACT = 'bundle.mjs';
export const PLAN_ARTIFACT = 'plan.json';

/** A file that a job needs beside its workers. */
export interface Artifact {
  /** The name under which the worker finds it. */
  readonly name: string;
  readonly path: string;
  /** Of the content, in hex. */
  readonly sha256: string;
}

export const artifactToBeam = ({ name, path, sha256 }: Artifact): ArtifactInformation =>
  create(ArtifactInformationSchema, {
    typeUrn: FILE_TYPE,
    typePayload: toBinary(ArtifactFilePayloadSchema, create(ArtifactFilePayloadSchema, { path, sha256 })),
    roleUrn: STAGING_TO_ROLE,
    rolePayload: toBinary(
      ArtifactStagingToRolePayloadSchema,
      create(ArtifactStagingToRolePayloadSchema, { stagedName: name }),
    ),
  });

/**
 * What a worker is told about a file. An engine may have moved the file and given it another type; its name and its hash
 * stay with it where they were there.
 */
export function artifactFromBeam(information: ArtifactInformation): Artifact {
  const role =
    information.roleUrn === STAGING_TO_ROLE
      ? fromBinary(ArtifactStagingToRolePayloadSchema, information.rolePayload)
      : undefined;
  const file =
    information.typeUrn === FILE_TYPE ? fromBinary(ArtifactFilePayloadSchema, information.typePayload) : undefined;
  if (role === undefined)
    throw new MillraceError(
      'REMOTE_ARTIFACT',
      'external',
      `the engine offers an artifact of role ${information.roleUrn}, which names no file`,
    );
  return { name: role.stagedName, path: file?.path ?? '', sha256: file?.sha256 ?? '' };
}
