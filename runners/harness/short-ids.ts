import type { MonitoringInfo } from '../beam/generated/metrics_pb.js';

/** Short names for metrics, so that a bundle reports payloads only; an engine asks once what a name means. */
export class ShortIds {
  readonly #ids = new Map<string, string>();
  readonly #infos = new Map<string, MonitoringInfo>();

  /** The name of this metric; the same for the same URN, type and labels. */
  idOf(info: MonitoringInfo): string {
    const labels = Object.entries(info.labels).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify([info.urn, info.type, labels]);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#ids.size.toString(36);
      this.#ids.set(key, id);
      this.#infos.set(id, { ...info, payload: new Uint8Array() });
    }
    return id;
  }

  /** Name → payload. */
  shorten(infos: readonly MonitoringInfo[]): Record<string, Uint8Array> {
    return Object.fromEntries(infos.map((info) => [this.idOf(info), info.payload]));
  }

  /** What the names mean; unknown ones are left out. */
  explain(ids: readonly string[]): Record<string, MonitoringInfo> {
    return Object.fromEntries(
      ids.flatMap((id) => {
        const info = this.#infos.get(id);
        return info === undefined ? [] : [[id, info] as const];
      }),
    );
  }
}
