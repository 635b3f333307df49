import { MillraceError } from '../../sdk/model/index.js';
import { withPeers } from '../beam/peers.js';
import type { WorkerPool, WorkerPoolOptions } from './worker-pool.js';

export type { WorkerPool, WorkerPoolOptions } from './worker-pool.js';

/**
 * Starts the service that engines ask for workers (Beam's external worker pool). A pool runs the code of any job that
 * reaches it: on an address other than loopback it wants a token, and refuses jobs that do not bring it.
 */
export async function startWorkerPool(options: WorkerPoolOptions = {}): Promise<WorkerPool> {
  const host = options.host ?? '127.0.0.1';
  if (!isLoopback(host) && (options.token ?? '').length < MIN_TOKEN_LENGTH)
    throw new MillraceError(
      'REMOTE_POOL_OPEN',
      'options',
      `a worker pool on ${host} needs a token of ${MIN_TOKEN_LENGTH} characters`,
      {
        hint: 'A pool runs code that is sent to it. Listen on 127.0.0.1, or give a token that is hard to guess.',
      },
    );
  const { openWorkerPool } = await withPeers(() => import('./worker-pool.js'));
  return await openWorkerPool({ ...options, host });
}

const MIN_TOKEN_LENGTH = 16;

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
