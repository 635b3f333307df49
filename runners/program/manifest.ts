import { MillraceError } from '../../sdk/model/errors.js';

/** What a bundle needs from its host; the bundle's last comment but one. */
export interface BundleManifest {
  /** The version of Millrace that the bundle was made with; a host of the same major.minor can run it. */
  readonly millrace: string;
  /** The modules of Millrace's that the program imports. */
  readonly modules: readonly string[];
  /** Packages that were left outside, and are looked for where the program runs. */
  readonly external: readonly string[];
  /** Those of `external` that hold a native add-on, and so cannot be bundled. */
  readonly native: readonly string[];
}

const MARK = '\n// millrace-bundle ';

/** The manifest as a line of comment that ends with a line break. */
export function manifestComment(manifest: BundleManifest): string {
  return `${MARK.slice(1)}${JSON.stringify(manifest)}\n`;
}

/** The manifest of a bundle's text: the last one, because a program's own text cannot come after it. */
export function readManifest(text: string, path: string): BundleManifest {
  const at = text.lastIndexOf(MARK);
  const start = at + MARK.length;
  let manifest: unknown;
  try {
    manifest = at < 0 ? undefined : JSON.parse(text.slice(start, text.indexOf('\n', start)));
  } catch {
    // The same as none: told below.
  }
  if (!isManifest(manifest)) {
    throw new MillraceError(
      'PROGRAM_NOT_A_BUNDLE',
      'options',
      `${path} is not a bundle of Millrace's: it has no manifest`,
      {
        hint: 'run the module that it was made from, or make the plan again (millrace plan MODULE --out FILE)',
      },
    );
  }
  return manifest;
}

function isManifest(value: unknown): value is BundleManifest {
  const manifest = value as Partial<BundleManifest> | undefined;
  const lists = [manifest?.modules, manifest?.external, manifest?.native];
  return typeof manifest?.millrace === 'string' && lists.every(Array.isArray);
}
