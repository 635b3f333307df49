import {
  BEAM_TRANSFORM,
  MAX_TIMESTAMP,
  MILLRACE_DO_FN,
  MIN_TIMESTAMP,
  type ParDoPayload,
  type Plan,
  type Progress,
  type TransformSpec,
} from '../../sdk/model/index.js';
import type { MetricResults } from '../beam/generated/job_pb.js';
import { elementCountsFromBeam } from '../beam/metrics.js';

/** How often an engine is asked while somebody looks. */
const REFRESH_MS = 1_000;

/**
 * What an engine says of a job's progress: elements read by sources and elements taken by the last steps. Asked for in
 * the background when somebody looks, so that looking costs nothing; engines do not tell their watermarks.
 */
export class RemoteProgress {
  readonly #sources: ReadonlySet<string>;
  readonly #ends: ReadonlySet<string>;
  readonly #ask: () => Promise<MetricResults | undefined>;
  #known: Progress = { elementsIn: 0, elementsOut: 0, watermark: MIN_TIMESTAMP };
  #asking = false;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(plan: Plan, ask: () => Promise<MetricResults | undefined>) {
    const leaves = Object.values(plan.components.transforms).filter(
      ({ subtransforms = [] }) => subtransforms.length === 0,
    );
    const read = new Set(leaves.flatMap(({ inputs }) => Object.values(inputs)));
    const isLast = ({ outputs }: TransformSpec) => !Object.values(outputs).some((id) => read.has(id));
    this.#sources = new Set(leaves.filter(isSource).flatMap(({ outputs }) => Object.values(outputs)));
    this.#ends = new Set(leaves.filter(isLast).flatMap(({ inputs }) => Object.values(inputs)));
    this.#ask = ask;
  }

  look(): Progress {
    if (!this.#asking && performance.now() - this.#askedAt > REFRESH_MS) void this.#refresh();
    return this.#known;
  }

  /** The job has ended with these metrics. */
  end(results: MetricResults | undefined): void {
    this.#asking = true;
    this.#take(results, MAX_TIMESTAMP);
  }

  async #refresh(): Promise<void> {
    this.#asking = true;
    this.#askedAt = performance.now();
    try {
      this.#take(await this.#ask(), MIN_TIMESTAMP);
      this.#asking = false;
    } catch {
      // The job's own streams report an engine that is gone; a look stays what it was.
      this.#asking = false;
    }
  }

  #take(results: MetricResults | undefined, watermark: number): void {
    // Engines fill one of the two, or both, where what is committed is a part of what was attempted.
    const attempted = elementCountsFromBeam(results?.attempted ?? []);
    const committed = elementCountsFromBeam(results?.committed ?? []);
    const countOf = (id: string) => Math.max(attempted.get(id) ?? 0, committed.get(id) ?? 0);
    const sum = (ids: ReadonlySet<string>) => [...ids].reduce((total, id) => total + countOf(id), 0);
    this.#known = { elementsIn: sum(this.#sources), elementsOut: sum(this.#ends), watermark };
  }
}

function isSource({ spec }: TransformSpec): boolean {
  if (spec?.urn !== BEAM_TRANSFORM.parDo) return false;
  return (spec.payload as unknown as ParDoPayload).doFn.urn === MILLRACE_DO_FN.splittable;
}
