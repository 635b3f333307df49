import { BytesSource } from '../../sdk/coders/index.js';
import type { BoundedWindow } from '../../sdk/model/index.js';
import { EXPIRATION_FAMILY } from '../beam/par-do.js';
import type { Batch, DueTimer, OutputGate, StatefulRuntime } from '../kernel/index.js';
import type { FnStateHost } from './fn-state-host.js';
import type { Drain, StageNode } from './stage-nodes.js';

/** A DoFn with state or timers, which an engine keeps. */
export class StatefulNode implements StageNode {
  /** Windows whose end has come: told at the end of the bundle, behind the other timers of the same instant. */
  readonly #ended: DueTimer[] = [];

  constructor(
    private readonly runtime: StatefulRuntime,
    private readonly state: FnStateHost,
    private readonly gate: OutputGate,
    private readonly drain: Drain,
  ) {}

  async setup(): Promise<void> {
    await this.placed(() => this.runtime.setup());
  }

  async startBundle(): Promise<void> {
    await this.placed(() => this.runtime.startBundle());
  }

  async process(batch: Batch): Promise<void> {
    await this.state.prefetch(batch);
    for (let i = 0; i < batch.length; i++) {
      const element = batch.valueAt(i) as { readonly key: unknown };
      const windows = batch.windowsAt(i);
      for (const window of Array.isArray(windows) ? (windows as readonly BoundedWindow[]) : [windows]) {
        try {
          const timestamp = batch.timestamps[i]!;
          this.runtime.processKeyed(element.key, element, timestamp, window as BoundedWindow, batch.paneAt(i));
        } catch (error) {
          throw this.runtime.failure(error, element);
        }
      }
      if (this.gate.blocked) await this.drained();
    }
    this.leave();
  }

  /** Timers that are due, as the engine sends them. */
  async fire(family: string, timers: Uint8Array): Promise<void> {
    const source = new BytesSource(timers);
    while (source.remaining > 0) {
      for (const due of this.state.due(family, this.state.decodeTimer(family, source))) {
        if (family === EXPIRATION_FAMILY) this.#ended.push(due);
        else this.runtime.fire(due);
      }
      if (this.gate.blocked) await this.drained();
    }
    this.leave();
  }

  async finishBundle(): Promise<void> {
    for (const { key, window } of this.#ended.splice(0)) {
      this.state.expire(key, window, () => this.runtime.expire(key, window));
      if (this.gate.blocked) await this.drained();
    }
    this.leave();
    await this.placed(() => this.runtime.finishBundle());
    await this.state.flush();
  }

  takeCallbacks(): readonly (() => Promise<void>)[] {
    return this.runtime.takeCallbacks();
  }

  async teardown(): Promise<void> {
    this.#ended.length = 0;
    this.state.discard();
    await this.placed(() => this.runtime.teardown());
  }

  private async drained(): Promise<void> {
    await this.drain();
    this.gate.blocked = false;
  }

  private leave(): void {
    this.runtime.leave();
    this.state.leave();
  }

  private async placed(call: () => void | Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      throw this.runtime.failure(error, undefined);
    }
  }
}
