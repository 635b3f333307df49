import { type KV, NO_FIRING_PANE, type Timestamp, type Windows } from '../../sdk/model/index.js';
import type { ElementOutput, OutputPort } from '../kernel/index.js';

/** Writes what a reader emits into batches, with the windows of the element that it works on. */
class ReaderOutput implements ElementOutput {
  count = 0;

  constructor(
    private readonly ports: readonly OutputPort[],
    private readonly windows: Windows,
  ) {}

  emit(value: unknown, timestamp: Timestamp): void {
    this.count++;
    const { ports } = this;
    for (let i = 0; i < ports.length; i++) {
      const port = ports[i]!;
      if (port.keyed) {
        const { key, value: keyed } = value as KV<unknown, unknown>;
        port.pushKeyed(key, keyed, timestamp, this.windows, NO_FIRING_PANE);
      } else {
        port.push(value, timestamp, this.windows, NO_FIRING_PANE);
      }
    }
  }
}

/** Makes what readers write into. */
export function batchOutput(ports: readonly OutputPort[]): (windows: Windows) => ElementOutput {
  return (windows) => new ReaderOutput(ports, windows);
}
