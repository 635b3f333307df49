import type { Progress } from '../../sdk/model/runner.js';
import { GLOBAL_WINDOW_MAX_TIMESTAMP, MAX_TIMESTAMP, MIN_TIMESTAMP, type Timestamp } from '../../sdk/model/time.js';

/** What a pipeline has done so far, and how fast it has been lately. */
export interface ProgressReport extends Progress {
  readonly elapsedMs: number;
  /** Elements in, each second, since the report before. */
  readonly perSecond: number;
}

/** Makes reports of the progress of a pipeline; asked about as often as they are shown. */
export function progressMeter(progress: () => Progress, now: () => number): () => ProgressReport {
  const start = now();
  let last = { at: start, elementsIn: 0 };
  return () => {
    const at = now();
    const current = progress();
    const seconds = (at - last.at) / 1_000;
    const perSecond = seconds > 0 ? Math.round((current.elementsIn - last.elementsIn) / seconds) : 0;
    last = { at, elementsIn: current.elementsIn };
    return { ...current, elapsedMs: at - start, perSecond };
  };
}

/** `12.3s  in 1,234  out 1,200  56/s  lag 0  watermark 2026-01-01T00:00:00.000Z` */
export function progressLine(report: ProgressReport): string {
  const parts = [
    `${(report.elapsedMs / 1_000).toFixed(1)}s`,
    `in ${grouped(report.elementsIn)}`,
    `out ${grouped(report.elementsOut)}`,
    `${grouped(report.perSecond)}/s`,
    ...(report.lag === undefined ? [] : [`lag ${grouped(report.lag)}`]),
    `watermark ${watermarkText(report.watermark)}`,
  ];
  return parts.join('  ');
}

export function watermarkText(watermark: Timestamp): string {
  if (watermark <= MIN_TIMESTAMP) return 'none yet';
  if (watermark >= MAX_TIMESTAMP || watermark >= GLOBAL_WINDOW_MAX_TIMESTAMP) return 'at the end';
  const date = new Date(watermark);
  return Number.isNaN(date.getTime()) ? `${watermark} ms` : date.toISOString();
}

/** A whole number with commas. Node's own formatting takes 10 ms to get ready, which a short command would feel. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
