import { timingSafeEqual } from 'node:crypto';
import { type LogSink, MillraceError } from '../../sdk/model/index.js';
import { TOKEN_PARAMETER } from '../beam/environment.js';
import { BeamFnExternalWorkerPool, type StartWorkerRequest } from '../beam/generated/fn_worker_pool_pb.js';
import { GrpcServer } from '../beam/grpc/server.js';
import { Harness } from './harness.js';

export interface WorkerPoolOptions {
  /** An address of this machine; 127.0.0.1 when absent. */
  readonly host?: string;
  /** A free port when absent or 0. */
  readonly port?: number;
  /** What jobs must bring; needed on every address but loopback. */
  readonly token?: string;
  /** Kernel threads for each worker; as many as the machine has processors when absent. */
  readonly threads?: number;
  /** What the pool has to say, and what the author's functions log. */
  readonly log?: LogSink;
}

export interface WorkerPool {
  readonly host: string;
  readonly port: number;
  /** `host:port` */
  readonly endpoint: string;
  /** Ends the service and every worker. */
  close(): Promise<void>;
}

export async function openWorkerPool(options: WorkerPoolOptions & { readonly host: string }): Promise<WorkerPool> {
  /** By their names and the engines that they belong to: two engines may give their workers the same names. */
  const workers = new Map<string, Harness>();
  const stopping = new Set<Promise<void>>();
  /** Takes a worker out, and ends it: the pool does not close before it has. */
  const stop = (name: string, worker: Harness): Promise<void> => {
    if (workers.get(name) === worker) workers.delete(name);
    const stopped = worker.stop().finally(() => stopping.delete(stopped));
    stopping.add(stopped);
    return stopped;
  };
  const log = options.log ?? (() => undefined);
  const server = new GrpcServer();

  server.unary(BeamFnExternalWorkerPool.method.startWorker, async (request) => {
    const name = nameOf(request);
    const refusal = refuse(request, options.token, workers.has(name));
    if (refusal !== undefined) {
      log({ level: 'warn', message: `refused worker ${request.workerId}: ${refusal}` });
      return { error: refusal };
    }
    // An engine may fail altogether when a worker does not start, so what goes wrong from here on is answered to its
    // first bundle, as the error of that bundle.
    const { workerId } = request;
    const onAbandoned = () => {
      stop(name, worker).catch((error: unknown) =>
        log({ level: 'warn', message: `worker ${workerId} did not end well: ${String(error)}` }),
      );
    };
    const worker = new Harness(request, { threads: options.threads, log, onAbandoned });
    workers.set(name, worker);
    return {};
  });

  server.unary(BeamFnExternalWorkerPool.method.stopWorker, async ({ workerId }) => {
    const [named, ...others] = [...workers].filter(([, { workerId: id }]) => id === workerId);
    if (named === undefined) return { error: `there is no worker ${workerId}` };
    // Which of them is meant is not said: each ends when its engine hangs up.
    if (others.length === 0) await stop(...named);
    return {};
  });

  const port = await server.listen(options.host, options.port ?? 0);
  return {
    host: options.host,
    port,
    endpoint: `${options.host}:${port}`,
    async close() {
      server.close();
      for (const [name, worker] of [...workers]) void stop(name, worker);
      const ends = await Promise.allSettled(stopping);
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}

const nameOf = ({ workerId, controlEndpoint }: StartWorkerRequest): string =>
  `${workerId}\n${controlEndpoint?.url ?? ''}`;

function refuse(
  { workerId, params }: StartWorkerRequest,
  token: string | undefined,
  isRunning: boolean,
): string | undefined {
  if (token !== undefined && !same(params[TOKEN_PARAMETER] ?? '', token))
    return new MillraceError(
      'REMOTE_TOKEN',
      'options',
      'this worker pool wants a token, and the job brought none or another',
    ).message;
  if (isRunning) return `the worker ${workerId} is running already`;
  return undefined;
}

/** Compares without telling by its duration how much was right. */
function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
