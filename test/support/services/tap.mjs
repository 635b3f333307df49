/**
 * Sits between an engine and a worker pool, and writes down what goes over the control, data and state streams, in order
 * and with its direction: it is the pool to the engine, and the engine to the workers. What functions say on the channel
 * of their gates stands between, and gates are opened from here.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ArtifactRetrievalService } from '#millrace/runners/beam/generated/artifacts_pb.js';
import {
  BeamFnControl,
  ProcessBundleDescriptorSchema,
  RemoteGrpcPortSchema,
} from '#millrace/runners/beam/generated/fn_control_pb.js';
import { BeamFnData } from '#millrace/runners/beam/generated/fn_data_pb.js';
import { BeamFnLogging } from '#millrace/runners/beam/generated/fn_logging_pb.js';
import { BeamFnState } from '#millrace/runners/beam/generated/fn_state_pb.js';
import { BeamFnExternalWorkerPool, ProvisionService } from '#millrace/runners/beam/generated/fn_worker_pool_pb.js';
import { GrpcConnection } from '#millrace/runners/beam/grpc/connection.js';
import { GrpcServer } from '#millrace/runners/beam/grpc/server.js';
import { SINK_URN, SOURCE_URN } from '#millrace/runners/harness/stage-urns.js';
import { Gates } from './gates.mjs';
import { Pages } from './pages.mjs';

/**
 * Starts a pool before the pool at `poolEndpoint`. `write` gets every line; with `pageBytes` state is answered in pages,
 * as some engines do and the ones that tests run do not.
 */
export async function startTap(poolEndpoint, write, { pageBytes } = {}) {
  const pool = new GrpcConnection(poolEndpoint);
  const workers = [];
  const gates = new Gates((said) => write({ from: 'function', ...said }));
  const { startWorker, stopWorker } = BeamFnExternalWorkerPool.method;
  const server = new GrpcServer()
    .unary(startWorker, async (request) => {
      const worker = new WorkerTap(request, { write, gates, pages: pageBytes && new Pages(pageBytes) });
      workers.push(worker);
      const { workerId, params } = request;
      return await pool.unary(startWorker, { workerId, params, ...(await worker.listen()) });
    })
    .unary(stopWorker, (request) => pool.unary(stopWorker, request));
  const port = await server.listen('127.0.0.1', 0);
  return {
    endpoint: `127.0.0.1:${port}`,
    close() {
      server.close();
      gates.close();
      for (const worker of workers) worker.close();
      pool.close();
    },
  };
}

/** The engine to one worker, and that worker to the engine. */
class WorkerTap {
  #server = new GrpcServer();
  #connections = new Map();
  #request;
  #host;
  /** Of the engine, as it names them in turn. */
  #urls;
  #url = '';

  constructor(request, host) {
    this.#request = request;
    this.#host = host;
    const control = request.controlEndpoint?.url ?? '';
    const url = (endpoint) => request[endpoint]?.url || control;
    this.#urls = {
      control,
      logging: url('loggingEndpoint'),
      provision: url('provisionEndpoint'),
      artifact: url('artifactEndpoint'),
    };
  }

  /** What the worker is told in the place of the engine's endpoints. */
  async listen() {
    const { getProvisionInfo } = ProvisionService.method;
    const { resolveArtifacts, getArtifact } = ArtifactRetrievalService.method;
    const { control, getProcessBundleDescriptor } = BeamFnControl.method;
    const to = (name) => this.#connection(this.#urls[name]);
    this.#server
      .unary(getProvisionInfo, async (request) =>
        this.#provision(await to('provision').unary(getProvisionInfo, request)),
      )
      .unary(resolveArtifacts, (request) => to('artifact').unary(resolveArtifacts, request))
      .serverStream(getArtifact, async (request, send) => {
        for await (const chunk of to('artifact').serverStream(getArtifact, request)) await send(chunk);
      })
      .unary(getProcessBundleDescriptor, async (request) =>
        this.#descriptor(await to('control').unary(getProcessBundleDescriptor, request)),
      )
      .bidi(BeamFnLogging.method.logging, (stream) => this.#pass(stream, BeamFnLogging.method.logging, to('logging')))
      .bidi(control, (stream) => this.#pass(stream, control, to('control'), 'control'))
      .bidi(BeamFnData.method.data, (stream) => this.#pass(stream, BeamFnData.method.data, to('data'), 'data'))
      .bidi(BeamFnState.method.state, (stream) => this.#pass(stream, BeamFnState.method.state, to('state'), 'state'));
    this.#url = `127.0.0.1:${await this.#server.listen('127.0.0.1', 0)}`;
    const url = { url: this.#url };
    return { controlEndpoint: url, loggingEndpoint: url, provisionEndpoint: url, artifactEndpoint: url };
  }

  close() {
    this.#server.close();
    for (const connection of this.#connections.values()) connection.close();
  }

  #connection(url) {
    let connection = this.#connections.get(url);
    if (connection === undefined) {
      connection = new GrpcConnection(url, { metadata: { worker_id: this.#request.workerId } });
      this.#connections.set(url, connection);
    }
    return connection;
  }

  #write(from, on, schema, message) {
    const bytes = Buffer.from(toBinary(schema, message)).toString('base64');
    this.#host.write({ from, on, worker: this.#request.workerId, bytes });
  }

  #provision(answer) {
    const { info } = answer;
    for (const name of ['control', 'logging', 'artifact']) {
      const endpoint = info[`${name}Endpoint`];
      if (endpoint === undefined || endpoint.url === '') continue;
      this.#urls[name] = endpoint.url;
      endpoint.url = this.#url;
    }
    this.#host.write({ from: 'engine', capabilities: info.runnerCapabilities });
    return answer;
  }

  /** With our address in all places where the engine's stand. */
  #descriptor(descriptor) {
    for (const { spec } of Object.values(descriptor.transforms)) {
      if (spec?.urn !== SOURCE_URN && spec?.urn !== SINK_URN) continue;
      const port = fromBinary(RemoteGrpcPortSchema, spec.payload);
      this.#urls.data = port.apiServiceDescriptor?.url ?? this.#urls.data;
      const own = create(RemoteGrpcPortSchema, { coderId: port.coderId, apiServiceDescriptor: { url: this.#url } });
      spec.payload = toBinary(RemoteGrpcPortSchema, own);
    }
    const state = descriptor.stateApiServiceDescriptor;
    if (state !== undefined) {
      this.#urls.state = state.url;
      state.url = this.#url;
    }
    this.#write('engine', 'descriptor', ProcessBundleDescriptorSchema, descriptor);
    return descriptor;
  }

  /** Both directions of a stream; a stream that is not named is not written down. */
  async #pass(stream, method, connection, on) {
    const upstream = connection.bidi(method);
    const up = async () => {
      for await (const message of stream.messages) {
        if (on !== undefined) this.#write('harness', on, method.input, message);
        const paged = on === 'state' ? this.#host.pages?.ask(message) : undefined;
        if (paged !== undefined) await stream.send(this.#answered(paged));
        else await upstream.send(message);
        if (on === 'control') this.#host.gates.hear(message);
      }
      upstream.end();
    };
    // A stream that breaks off has the reason on its other side.
    up().catch(() => upstream.end());
    const down = async (message) => {
      if (on === 'control') this.#host.gates.ask(message);
      const cut = on === 'state' ? (this.#host.pages?.answer(message) ?? message) : message;
      if (on !== undefined) this.#write('engine', on, method.output, cut);
      await stream.send(cut);
    };
    for await (const message of upstream)
      if (on !== 'control' || !this.#host.gates.hold(message, () => void down(message))) await down(message);
  }

  #answered(message) {
    this.#write('engine', 'state', BeamFnState.method.state.output, message);
    return message;
  }
}
