import { MillraceError } from '../../sdk/model/index.js';

/** Runs what needs gRPC and protobuf, which are optional peers: where they are absent the error says how to get them. */
export async function withPeers<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const missing = missingPackage(error);
    if (missing === undefined) throw error;
    throw new MillraceError(
      'REMOTE_PEER_MISSING',
      'runner',
      `running on an engine needs ${missing}, which is not installed`,
      {
        hint: 'npm install @grpc/grpc-js @bufbuild/protobuf',
        cause: error,
      },
    );
  }
}

function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  return /'(@grpc\/grpc-js|@bufbuild\/protobuf)[^']*'/.exec(error.message)?.[1];
}
