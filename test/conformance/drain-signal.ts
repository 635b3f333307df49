import type { LogRecord, PipelineHandle, PipelineResult } from 'millrace';
import { DRAIN_NOW } from './case.js';

/** Drains a pipeline as soon as it logs that it wants to be. */
export class DrainSignal {
  #heard = false;
  #handle: PipelineHandle | undefined;

  readonly log = ({ message }: LogRecord): void => {
    if (message !== DRAIN_NOW) return;
    this.#heard = true;
    this.#handle?.drain();
  };

  drain(handle: PipelineHandle): Promise<PipelineResult> {
    this.#handle = handle;
    if (this.#heard) handle.drain();
    return handle.wait();
  }
}
