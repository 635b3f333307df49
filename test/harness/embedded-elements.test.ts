import { create, toBinary } from '@bufbuild/protobuf';
import { BEAM_CODER, GlobalWindow, MILLRACE_CODER, NO_FIRING_PANE, PLAN_FORMAT_VERSION } from 'millrace';
import { BytesSource, encodeToBytes, globalWindowCoder, valueCoder, windowedValueCoder } from 'millrace/coders';
import { afterEach, describe, expect, it } from 'vitest';
import { CAPABILITIES } from '#millrace/runners/beam/capabilities.js';
import { decodeFailure } from '#millrace/runners/beam/failure.js';
import { RemoteGrpcPortSchema } from '#millrace/runners/beam/generated/fn_control_pb.js';
import { type Elements, ElementsSchema } from '#millrace/runners/beam/generated/fn_data_pb.js';
import { BeamFnExternalWorkerPool } from '#millrace/runners/beam/generated/fn_worker_pool_pb.js';
import { GrpcConnection } from '#millrace/runners/beam/grpc/connection.js';
import { elementsOf, partsOf } from '#millrace/runners/harness/elements.js';
import { startWorkerPool, type WorkerPool } from '#millrace/runners/harness/index.js';
import { SINK_URN, SOURCE_URN } from '#millrace/runners/harness/stage-urns.js';
import { WorkerEngine } from './worker-engine.js';

/*
 * Exchanges with an engine that sends the input of a bundle within the instruction, and takes the output with the response
 * (Flink's does the latter): a stage that hands on what it gets.
 */

const WIRE = windowedValueCoder(valueCoder<string>(), globalWindowCoder());
const encoded = (...values: readonly string[]): Uint8Array =>
  Buffer.concat(
    values.map((value) =>
      encodeToBytes(WIRE, { value, timestamp: 0, windows: GlobalWindow.INSTANCE, pane: NO_FIRING_PANE }, true),
    ),
  );

const PLAN = {
  formatVersion: PLAN_FORMAT_VERSION,
  name: 'exchange',
  components: { transforms: {}, pcollections: {}, windowingStrategies: {}, coders: {}, environments: {} },
  rootTransformIds: [],
  requirements: [],
  options: {},
};

const descriptor = (url: string) => {
  const port = { coderId: 'wire', apiServiceDescriptor: { url } };
  const payload = toBinary(RemoteGrpcPortSchema, create(RemoteGrpcPortSchema, port));
  const coder = (urn: string, ...componentCoderIds: string[]) => ({ spec: { urn }, componentCoderIds });
  return {
    id: 'stage',
    transforms: {
      source: { uniqueName: 'source', spec: { urn: SOURCE_URN, payload }, outputs: { i0: 'in' } },
      sink: { uniqueName: 'sink', spec: { urn: SINK_URN, payload }, inputs: { i0: 'in' } },
    },
    pcollections: { in: { uniqueName: 'in', coderId: 'value', windowingStrategyId: 'w' } },
    windowingStrategies: {
      w: {
        windowFn: { urn: 'beam:window_fn:global_windows:v1' },
        windowCoderId: 'global',
        mergeStatus: 1,
        accumulationMode: 1,
        outputTime: 1,
        closingBehavior: 1,
        onTimeBehavior: 1,
      },
    },
    coders: {
      value: coder(MILLRACE_CODER.value),
      global: coder(BEAM_CODER.globalWindow),
      wire: coder(BEAM_CODER.windowedValue, 'value', 'global'),
    },
  };
};

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

async function start(...capabilities: readonly string[]) {
  const engine = new WorkerEngine({ capabilities, plan: PLAN, descriptor });
  await engine.listen();
  ended.push(() => engine.server.close());
  const pool: WorkerPool = await startWorkerPool({ threads: 1 });
  ended.push(() => pool.close());
  const connection = new GrpcConnection(pool.endpoint);
  ended.push(() => connection.close());
  const url = { url: engine.endpoint };
  const endpoints = { controlEndpoint: url, loggingEndpoint: url, provisionEndpoint: url, artifactEndpoint: url };
  await connection.unary(BeamFnExternalWorkerPool.method.startWorker, { workerId: 'worker', ...endpoints });
  return {
    engine,
    /** Runs a bundle with input within the instruction. */
    bundle: (instructionId: string, data: Uint8Array, isLast = true) =>
      engine.ask({
        instructionId,
        request: {
          case: 'processBundle',
          value: {
            processBundleDescriptorId: 'stage',
            elements: { data: [{ instructionId, transformId: 'source', data, isLast }] },
          },
        },
      }),
  };
}

/** What came for a sink, and whether it came to its end. */
function outputs(...elements: readonly (Elements | undefined)[]) {
  const values: string[] = [];
  let isEnded = false;
  for (const part of elements.flatMap((each) => (each === undefined ? [] : [...partsOf(each)]))) {
    const [, { transformId, data, isLast }] = part;
    expect([transformId, isEnded]).toEqual(['sink', false]);
    const source = new BytesSource(data);
    while (source.remaining > 0) values.push(WIRE.decode(source, true).value);
    isEnded = isLast;
  }
  return { values, isEnded };
}

const TAKES_OUTPUT = 'beam:protocol:control_response_elements_embedding:v1';

describe('the elements of a bundle', () => {
  it('come within the instruction, because the harness says that it takes them there', async () => {
    expect(CAPABILITIES).toContain('beam:protocol:control_request_elements_embedding:v1');
    const { engine, bundle } = await start();
    const { error, response } = await bundle('1', encoded('a', 'b'));
    expect([error, response.case]).toEqual(['', 'processBundle']);
    if (response.case === 'processBundle') expect(response.value.elements).toBeUndefined();
    await expect.poll(() => outputs(...engine.received)).toEqual({ values: ['a', 'b'], isEnded: true });
  });

  it('go with the response where the engine takes them there', async () => {
    const { engine, bundle } = await start(TAKES_OUTPUT);
    for (const id of ['1', '2']) {
      const { response } = await bundle(id, encoded('a', 'b'));
      if (response.case !== 'processBundle') throw new Error(`an answer of the kind ${response.case}`);
      expect(outputs(response.value.elements)).toEqual({ values: ['a', 'b'], isEnded: true });
      expect(response.value.elements?.data.map(({ instructionId }) => instructionId)).toEqual([id, id]);
    }
    expect(engine.received).toEqual([]);
  });

  it('go with the response also when the input came by the data stream', async () => {
    const { engine } = await start(TAKES_OUTPUT);
    const value = { processBundleDescriptorId: 'stage' };
    const answer = engine.ask({ instructionId: '1', request: { case: 'processBundle', value } });
    await engine.send(elementsOf('1', [{ transformId: 'source', data: encoded('a'), isLast: true }]));
    const { response } = await answer;
    if (response.case !== 'processBundle') throw new Error(`an answer of the kind ${response.case}`);
    expect(outputs(response.value.elements)).toEqual({ values: ['a'], isEnded: true });
  });

  it('go by the data stream where they are many, in their order', async () => {
    const { engine, bundle } = await start(TAKES_OUTPUT);
    const values = Array.from({ length: 3_000 }, (_, i) => `${i}${'x'.repeat(1_000)}`);
    const { response } = await bundle('1', encoded(...values));
    if (response.case !== 'processBundle') throw new Error(`an answer of the kind ${response.case}`);
    expect(response.value.elements).toBeUndefined();
    await expect.poll(() => outputs(...engine.received)).toEqual({ values, isEnded: true });
  });

  it('must all be within the instruction when some are', async () => {
    const { bundle } = await start();
    const { error } = await bundle('1', encoded('a'), false);
    expect(decodeFailure(error)).toMatchObject({ code: 'REMOTE_PROTOCOL', summary: expect.stringMatching(/source/) });
    expect((await bundle('2', encoded('a'))).error).toBe('');
  });

  it('and timers keep their families', () => {
    const data = { transformId: 'sink', data: new Uint8Array([1]), isLast: false };
    const timers = { transformId: 'step', family: 'later', data: new Uint8Array([2]), isLast: true };
    const message = create(ElementsSchema, elementsOf('1', [timers, data]));
    expect([...partsOf(message)]).toEqual([
      ['1', data],
      ['1', timers],
    ]);
  });
});
