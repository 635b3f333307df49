import { createRequire } from 'node:module';
import { MillraceError } from '../../sdk/model/errors.js';
import { MILLRACE_VERSION } from '../../sdk/model/version.js';

/**
 * Where a bundle finds the modules that were left outside of it. A bundle does not hold a copy of `millrace`: two copies
 * in one process would have two `PCollection` classes, two registries of coders. It reads the host's copy from here.
 */
export const HOST_KEY = 'millrace.host';

interface Host {
  /** Import specifier (`millrace`, `millrace/kafka`, an external package) → the module's namespace. */
  readonly modules: Record<string, unknown>;
}

interface PackageJson {
  readonly exports: Readonly<Record<string, string>>;
}

const packageJson = createRequire(import.meta.url)('millrace/package.json') as PackageJson;

/** The import specifiers that this copy of Millrace answers to. */
export function hostSpecifiers(): string[] {
  return Object.entries(packageJson.exports)
    .filter(([, target]) => target.endsWith('.js'))
    .map(([path]) => path.replace(/^\./, 'millrace'));
}

export function isHostSpecifier(specifier: string): boolean {
  return specifier === 'millrace' || specifier.startsWith('millrace/');
}

/** Loads one of this copy's own modules; only what is asked for, so that an unused connector costs nothing. */
export async function importHostModule(specifier: string): Promise<Readonly<Record<string, unknown>>> {
  if (!hostSpecifiers().includes(specifier)) {
    throw new MillraceError('MODULE_UNKNOWN', 'options', `millrace ${MILLRACE_VERSION} has no module '${specifier}'`, {
      hint: `there are: ${hostSpecifiers().join(', ')}`,
    });
  }
  return (await import(specifier)) as Readonly<Record<string, unknown>>;
}

/** Puts modules where bundles look for them. The same specifier is always the same module, so this may run again. */
export function linkToHost(modules: Readonly<Record<string, unknown>>): void {
  const key = Symbol.for(HOST_KEY);
  const global = globalThis as unknown as Record<symbol, Host | undefined>;
  global[key] ??= { modules: Object.create(null) as Record<string, unknown> };
  Object.assign(global[key].modules, modules);
}
