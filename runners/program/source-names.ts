import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plan, StepDisplay } from '../../sdk/model/plan.js';
import { BundleSourceMap } from './bundle-source-map.js';
import { displayPath } from './display-path.js';

/**
 * The names of an author's source files, as stack traces and steps have them. The source map of a bundle is relative to
 * the entry's folder, so Node places the sources beside the bundle, where they are not.
 */
export class SourceNames {
  readonly #bundleFolder: string;
  readonly #bundlePath: string;
  readonly #map: BundleSourceMap;

  /** @param sourceFolder the folder of the entry module, where it is known */
  constructor(
    bundlePath: string,
    readonly sourceFolder?: string,
  ) {
    this.#bundlePath = bundlePath;
    this.#map = new BundleSourceMap(bundlePath);
    this.#bundleFolder = dirname(bundlePath);
  }

  /** `file:line:column` with the file relative to the entry's folder: the same wherever the bundle lies. */
  inBundle(place: string): string {
    const { file, rest } = splitPlace(place);
    const path = resolve(file);
    if (path === this.#bundlePath) {
      const [, line, column] = rest.split(':');
      return this.#map.original(Number(line), Number(column)) ?? place;
    }
    return existsSync(path) ? place : `${relative(this.#bundleFolder, path).split(sep).join('/')}${rest}`;
  }

  /** A place as {@link inBundle} answers it, for a reader in the working directory. */
  forReader(place: string): string {
    if (this.sourceFolder === undefined) return place;
    const { file, rest } = splitPlace(place);
    return isAbsolute(file) ? place : `${displayPath(resolve(this.sourceFolder, file))}${rest}`;
  }

  /** A stack or a message with every place as the reader knows it. */
  inText(text: string): string {
    return text.replace(/(?<=[\s(])(?:file:\/\/)?(\/[^\s():]+:\d+:\d+)/g, (_, place: string) =>
      this.forReader(this.inBundle(place)),
    );
  }

  /** The first line of the author's own in the stack of an error. */
  lineOf(error: unknown): string | undefined {
    if (!(error instanceof Error)) return undefined;
    for (const line of error.stack?.split('\n') ?? []) {
      const place = /^\s+at (?:.*\()?(?:async )?(.+:\d+:\d+)\)?$/.exec(line)?.[1];
      if (place === undefined || place.startsWith('node:')) continue;
      const { file, rest } = splitPlace(place);
      const path = file.startsWith('file:') ? fileURLToPath(file) : resolve(file);
      // Everything else in a stack exists on the disk: Millrace itself, and packages outside of the bundle.
      if (path !== this.#bundlePath && existsSync(path)) continue;
      const source = this.inBundle(`${path}${rest}`);
      // A line of the bundle that has no original is not the author's.
      if (!source.startsWith(this.#bundlePath)) return this.forReader(source);
    }
    return undefined;
  }
}

/** The plan with its source lines changed. */
export function withSources(plan: Plan, change: (place: string) => string): Plan {
  if (plan.displayData === undefined) return plan;
  const displayData: Record<string, StepDisplay> = Object.create(null);
  for (const [id, shown] of Object.entries(plan.displayData)) {
    displayData[id] = shown.source === undefined ? shown : { ...shown, source: change(shown.source) };
  }
  return { ...plan, displayData };
}

function splitPlace(place: string): { readonly file: string; readonly rest: string } {
  const at = place.search(/:\d+:\d+$/);
  return at < 0 ? { file: place, rest: '' } : { file: place.slice(0, at), rest: place.slice(at) };
}
