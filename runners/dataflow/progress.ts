import { MAX_TIMESTAMP, MIN_TIMESTAMP, type Progress } from '../../sdk/model/index.js';
import type { TaskSet } from './task-builder.js';

/** How far the tasks of one thread have come. */
export function progressOf({ tasks, sources }: TaskSet): Progress {
  let elementsIn = 0;
  let lag: number | undefined;
  for (const source of sources) {
    elementsIn += source.polled;
    const own = source.lag();
    if (own !== undefined) lag = (lag ?? 0) + own;
  }
  let elementsOut = 0;
  let watermark = MAX_TIMESTAMP;
  for (const task of tasks) {
    if (!task.isTerminal) continue;
    elementsOut += task.elementsIn;
    watermark = Math.min(watermark, task.watermark);
  }
  return { elementsIn, elementsOut, watermark: Math.max(watermark, MIN_TIMESTAMP), ...(lag !== undefined && { lag }) };
}
