import { join } from 'node:path';
import type { BoundedWindow, DoFn, FinishBundleContext, KV, PaneInfo, ProcessContext } from '../../sdk/model/index.js';
import { outputTarget } from '../files/output-target.js';
import type { Part } from '../files/part.js';
import { putInPlace } from '../files/put-in-place.js';
import { isGlobal, shardName } from '../files/shard-name.js';
import { planShards } from '../files/shard-plan.js';
import { tempFolder } from '../files/temp-folder.js';
import type { WriteTextSettings } from './write-options.js';

interface Firing {
  readonly window: BoundedWindow;
  readonly pane: PaneInfo;
  readonly parts: readonly Part[];
}

/** Puts the files of each firing of a window in place and emits their names. */
export class FinishFilesFn implements DoFn<KV<string, Iterable<Part>>, string> {
  private firings: Firing[] = [];

  constructor(private readonly settings: WriteTextSettings) {}

  process({ value: parts }: KV<string, Iterable<Part>>, { window, pane }: ProcessContext<string>): void {
    this.firings.push({ window, pane, parts: [...parts] });
  }

  async finishBundle(context: FinishBundleContext<string>): Promise<void> {
    const { prefix, suffix, shards } = this.settings;
    const target = outputTarget(prefix);
    const firings = this.firings;
    this.firings = [];
    for (const { window, pane, parts } of firings) {
      const plan = planShards(parts, shards ?? (isGlobal(window) ? undefined : 1));
      const files = plan.map((pieces, i) => ({
        path: join(target.folder, shardName(target.base, suffix, window, pane, i, plan.length)),
        pieces,
      }));
      await putInPlace(files, tempFolder(target), this.settings);
      for (const { path } of files) context.output(path, window.maxTimestamp, window);
    }
  }
}
