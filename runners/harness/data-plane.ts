import { BeamFnData } from '../beam/generated/fn_data_pb.js';
import type { DuplexStream, GrpcConnection } from '../beam/grpc/connection.js';
import { elementsOf, partsOf, type StageInput } from './elements.js';

/** Where the input of one bundle goes. A promise holds the stream back until the bundle has caught up. */
export interface InputSink {
  accept(input: StageInput): Promise<void> | undefined;
}

/** One data stream, shared by all bundles of a worker. */
export class DataPlane {
  readonly #stream: DuplexStream<typeof BeamFnData.method.data.input, typeof BeamFnData.method.data.output>;
  readonly #sinks = new Map<string, InputSink>();
  /** Input that arrived before its bundle was announced: control and data are streams of their own. */
  readonly #early = new Map<string, StageInput[]>();
  readonly #finished = new RecentIds();

  constructor(connection: GrpcConnection, onEnd: (error: unknown) => void) {
    this.#stream = connection.bidi(BeamFnData.method.data);
    this.#read().catch(onEnd);
  }

  /** Routes the input of an instruction to its bundle, with what has come already. */
  register(instructionId: string, sink: InputSink): void {
    this.#sinks.set(instructionId, sink);
    const early = this.#early.get(instructionId) ?? [];
    this.#early.delete(instructionId);
    for (const input of early) sink.accept(input);
  }

  /** What still comes for this instruction is dropped. */
  unregister(instructionId: string): void {
    this.#sinks.delete(instructionId);
    this.#early.delete(instructionId);
    this.#finished.add(instructionId);
  }

  send(instructionId: string, output: StageInput): Promise<void> {
    return this.#stream.send(elementsOf(instructionId, [output]));
  }

  close(): void {
    this.#stream.end();
  }

  async #read(): Promise<void> {
    for await (const elements of this.#stream)
      for (const [instructionId, input] of partsOf(elements)) await this.#route(instructionId, input);
  }

  async #route(instructionId: string, input: StageInput): Promise<void> {
    const sink = this.#sinks.get(instructionId);
    if (sink !== undefined) await sink.accept(input);
    else if (!this.#finished.has(instructionId)) this.#keepEarly(instructionId, input);
  }

  #keepEarly(instructionId: string, input: StageInput): void {
    const early = this.#early.get(instructionId);
    if (early === undefined) this.#early.set(instructionId, [input]);
    else early.push(input);
  }
}

/** The ids that were added last; older ones are forgotten. */
class RecentIds {
  readonly #ids = new Set<string>();

  add(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= RecentIds.LIMIT) return;
    const [oldest] = this.#ids;
    if (oldest !== undefined) this.#ids.delete(oldest);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  static readonly LIMIT = 10_000;
}
