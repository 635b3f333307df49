import { afterEach, describe, expect, it } from 'vitest';
import { decodeFailure } from '#millrace/runners/beam/failure.js';
import { BeamFnExternalWorkerPool } from '#millrace/runners/beam/generated/fn_worker_pool_pb.js';
import { GrpcConnection } from '#millrace/runners/beam/grpc/connection.js';
import { startWorkerPool, type WorkerPool, type WorkerPoolOptions } from '#millrace/runners/harness/index.js';
import { WorkerEngine } from './worker-engine.js';

const TOKEN = 'a token that is hard to guess';

let pool: WorkerPool | undefined;
let engine: WorkerEngine | undefined;
let connection: GrpcConnection | undefined;
afterEach(async () => {
  connection?.close();
  await pool?.close();
  engine?.server.close();
});

async function start(options: WorkerPoolOptions = {}) {
  engine = new WorkerEngine();
  await engine.listen();
  pool = await startWorkerPool(options);
  connection = new GrpcConnection(pool.endpoint);
  const url = { url: engine.endpoint };
  const endpoints = { controlEndpoint: url, loggingEndpoint: url, provisionEndpoint: url, artifactEndpoint: url };
  const { startWorker, stopWorker } = BeamFnExternalWorkerPool.method;
  return {
    engine,
    startWorker: (workerId: string, params: Record<string, string> = {}) =>
      connection!.unary(startWorker, { workerId, ...endpoints, params }),
    stopWorker: (workerId: string) => connection!.unary(stopWorker, { workerId }),
  };
}

describe('the worker pool', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1'])('does not listen on %s without a token', async (host) => {
    await expect(startWorkerPool({ host })).rejects.toMatchObject({ code: 'REMOTE_POOL_OPEN' });
    await expect(startWorkerPool({ host, token: 'short' })).rejects.toMatchObject({ code: 'REMOTE_POOL_OPEN' });
  });

  it('says what is wrong with an address that is taken', async () => {
    await start();
    await expect(startWorkerPool({ port: pool?.port ?? 0 })).rejects.toMatchObject({ code: 'REMOTE_CANNOT_LISTEN' });
  });

  it('starts a worker only for who brings the token', async () => {
    const { startWorker } = await start({ token: TOKEN });
    expect((await startWorker('one')).error).toMatch(/token/);
    expect((await startWorker('one', { 'millrace.token': `${TOKEN}!` })).error).toMatch(/token/);
    expect((await startWorker('one', { 'millrace.token': TOKEN })).error).toBe('');
  });

  it('starts many workers at once, each by its id, and stops them', async () => {
    const { engine, startWorker, stopWorker } = await start();
    const ids = Array.from({ length: 20 }, (_, i) => `worker-${i}`);
    const answers = await Promise.all(ids.map((id) => startWorker(id)));
    expect(answers.map(({ error }) => error)).toEqual(ids.map(() => ''));
    expect((await startWorker('worker-3')).error).toMatch(/running already/);
    expect((await stopWorker('worker-3')).error).toBe('');
    expect((await stopWorker('worker-3')).error).toMatch(/no worker/);
    expect(new Set(engine.workerIds).has(undefined)).toBe(false);
  });
});

describe('workers of two engines', () => {
  it('may have one name, and each works for its own', async () => {
    const { engine, startWorker, stopWorker } = await start();
    const other = new WorkerEngine();
    await other.listen();
    try {
      await startWorker('1-1');
      const url = { url: other.endpoint };
      const endpoints = { controlEndpoint: url, loggingEndpoint: url, provisionEndpoint: url, artifactEndpoint: url };
      const answer = await connection!.unary(BeamFnExternalWorkerPool.method.startWorker, {
        workerId: '1-1',
        ...endpoints,
      });
      expect(answer.error).toBe('');
      const ask = { request: { case: 'harnessMonitoringInfos', value: {} } };
      for (const each of [engine, other])
        expect((await each.ask({ instructionId: '1', ...ask })).response.case).toBe('harnessMonitoringInfos');
      // Which of the two it means is not known, so none is stopped.
      expect((await stopWorker('1-1')).error).toBe('');
      for (const each of [engine, other])
        expect((await each.ask({ instructionId: '2', ...ask })).response.case).toBe('harnessMonitoringInfos');
    } finally {
      await pool?.close();
      other.server.close();
    }
  });
});

describe('a worker', () => {
  it('names itself in every call', async () => {
    const { engine, startWorker } = await start();
    await startWorker('me');
    await engine.ask({ instructionId: '1', request: { case: 'harnessMonitoringInfos', value: {} } });
    expect(new Set(engine.workerIds)).toEqual(new Set(['me']));
  });

  it('answers an instruction of an unknown kind with an error', async () => {
    const { engine, startWorker } = await start();
    await startWorker('me');
    const { error, response } = await engine.ask({ instructionId: '1' });
    expect(response.case).toBeUndefined();
    expect(decodeFailure(error)).toMatchObject({ code: 'REMOTE_INSTRUCTION' });
  });

  it('answers progress, split and finalisation of bundles that it does not run', async () => {
    const { engine, startWorker } = await start();
    await startWorker('me');
    for (const kind of ['processBundleProgress', 'processBundleSplit', 'finalizeBundle'] as const) {
      const request = { case: kind, value: { instructionId: 'unknown' } };
      const answer = await engine.ask({ instructionId: kind, request });
      expect([answer.error, answer.response.case]).toEqual(['', kind]);
    }
  });

  it('fails its first bundle with what went wrong at the start', async () => {
    const { engine, startWorker } = await start();
    await startWorker('me');
    const request = { case: 'processBundle', value: { processBundleDescriptorId: 'stage' } };
    const { error } = await engine.ask({ instructionId: '1', request });
    expect(decodeFailure(error)).toMatchObject({ code: 'REMOTE_ARTIFACT', summary: expect.stringMatching(/no plan/) });
  });
});
