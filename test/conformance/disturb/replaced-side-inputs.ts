import type { SideInputs } from '#millrace/runners/dataflow/index.js';
import { Batch, readSnapshots, takeSnapshot } from '#millrace/runners/kernel/index.js';

/**
 * At every watermark and barrier that comes out of it, what stands before a task with side inputs is written down, thrown
 * away, and made again: the views, what waits for them, and how far time has come.
 */
export function restoredSideInputs(make: () => SideInputs): SideInputs {
  let current = make();
  let watermark = Number.NEGATIVE_INFINITY;
  function restore(): void {
    const { gate } = current;
    const snapshot = takeSnapshot({ snapshot: (to) => gate.snapshot!(to) });
    current = make();
    current.gate.restore!(readSnapshots([snapshot]));
  }
  return {
    gate: {
      isEmpty: false,
      get watermark() {
        return current.gate.watermark;
      },
      take() {
        const frame = current.gate.take();
        if (frame === undefined || frame instanceof Batch) return frame;
        // What was restored says once more how far it has come.
        const isNew = frame.kind === 'watermark' && frame.timestamp > watermark;
        if (isNew) watermark = frame.timestamp;
        if (isNew || frame.kind === 'barrier') restore();
        return frame;
      },
      handedOn: (timestamp) => current.gate.handedOn!(timestamp),
      oldestHeldEpoch: () => current.gate.oldestHeldEpoch!(),
    },
    views: {
      get tags() {
        return current.views.tags;
      },
      view: (tag, window) => current.views.view(tag, window),
    },
  };
}
