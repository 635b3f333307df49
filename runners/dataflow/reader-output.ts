import { type KV, NO_FIRING_PANE, type Timestamp, type Windows } from '../../sdk/model/index.js';
import { type ElementOutput, type OutputPort, unknownTag } from '../kernel/index.js';

/** Writes what a reader emits into batches, with the windows of the element that it works on. */
class ReaderOutput implements ElementOutput {
  count = 0;

  constructor(
    private readonly ports: readonly OutputPort[],
    private readonly windows: Windows,
    private readonly tagged: ReadonlyMap<string, readonly OutputPort[]>,
  ) {}

  emit(value: unknown, timestamp: Timestamp): void {
    this.write(this.ports, value, timestamp);
  }

  emitTagged(tag: string, value: unknown, timestamp: Timestamp): void {
    const ports = this.tagged.get(tag);
    if (ports === undefined) throw unknownTag(tag, [...this.tagged.keys()]);
    this.write(ports, value, timestamp);
  }

  private write(ports: readonly OutputPort[], value: unknown, timestamp: Timestamp): void {
    this.count++;
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

/** Makes what readers write into: the ports of the main output, and of all by their tags. */
export function batchOutput(
  ports: readonly OutputPort[],
  tagged: ReadonlyMap<string, readonly OutputPort[]> = new Map(),
): (windows: Windows) => ElementOutput {
  return (windows) => new ReaderOutput(ports, windows, tagged);
}
