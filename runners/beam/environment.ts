import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { EnvironmentSpec, JsonObject, ResourceHints } from '../../sdk/model/index.js';
import { type Artifact, artifactToBeam } from './artifacts.js';
import { CAPABILITIES } from './capabilities.js';
import { type Environment, EnvironmentSchema, ExternalPayloadSchema } from './generated/environment_pb.js';
import { decodeJson, encodeJson } from './json-bytes.js';

const utf8 = new TextEncoder();
const EXTERNAL = 'beam:env:external:v1';
/** Our own description of the environment, among the parameters that an engine hands to the worker pool. */
const SPEC_PARAMETER = 'millrace.environment';
/** What a pool on another address than loopback asks for. */
export const TOKEN_PARAMETER = 'millrace.token';

/** Where user code runs: a pool that starts our harnesses, and the files that they need. */
export interface RemoteEnvironment {
  /** `host:port` of the worker pool, as the engine sees it. */
  readonly endpoint: string;
  readonly token?: string | undefined;
  readonly artifacts?: readonly Artifact[];
}

export function environmentToBeam(spec: EnvironmentSpec, remote: RemoteEnvironment): Environment {
  return create(EnvironmentSchema, {
    urn: EXTERNAL,
    payload: toBinary(
      ExternalPayloadSchema,
      create(ExternalPayloadSchema, {
        endpoint: { url: remote.endpoint },
        params: {
          [SPEC_PARAMETER]: Buffer.from(encodeJson(spec as unknown as JsonObject)).toString('utf8'),
          ...(remote.token !== undefined && { [TOKEN_PARAMETER]: remote.token }),
        },
      }),
    ),
    capabilities: [...CAPABILITIES],
    dependencies: (remote.artifacts ?? []).map(artifactToBeam),
    resourceHints: resourceHintsToBeam(spec.resourceHints),
  });
}

const HINT_URN: { readonly [H in keyof Required<ResourceHints>]: string } = {
  minRamBytes: 'beam:resources:min_ram_bytes:v1',
  cpuCount: 'beam:resources:cpu_count:v1',
  accelerator: 'beam:resources:accelerator:v1',
};

/** Values travel as text, numbers in decimal digits. */
function resourceHintsToBeam(hints: ResourceHints = {}): { [urn: string]: Uint8Array } {
  return Object.fromEntries(
    Object.entries(hints).map(([name, value]) => [HINT_URN[name as keyof ResourceHints], utf8.encode(String(value))]),
  );
}

/** The plan's environment again; undefined for one that another SDK made. */
export function environmentFromBeam(environment: Environment): EnvironmentSpec | undefined {
  if (environment.urn !== EXTERNAL) return undefined;
  const spec = fromBinary(ExternalPayloadSchema, environment.payload).params[SPEC_PARAMETER];
  return spec === undefined ? undefined : (decodeJson(Buffer.from(spec, 'utf8')) as unknown as EnvironmentSpec);
}
