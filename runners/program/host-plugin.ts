import type { OnLoadResult, Plugin, PluginBuild } from 'esbuild';
import { MillraceError } from '../../sdk/model/errors.js';
import { importExternal } from './externals.js';
import { HOST_KEY, importHostModule, isHostSpecifier } from './host.js';

/** Modules that load a native add-on by a computed path: whoever imports one cannot be bundled. */
const ADD_ON_LOADERS = /^(?:bindings|node-gyp-build|node-pre-gyp|@mapbox\/node-pre-gyp)$/;

/** What {@link hostPlugin} saw. */
export interface Outside {
  /** Packages that hold native add-ons, found in this build. They have to be external in the next. */
  readonly native: Set<string>;
}

/**
 * Leaves Millrace and the external packages out of a bundle: their imports become reads of the host's table of modules.
 * The names that a module exports are asked of the module itself, so that a name that it does not have is an error at
 * compile time, with the line that asks for it.
 */
export function hostPlugin(external: ReadonlySet<string>, entryFolder: string, outside: Outside): Plugin {
  return {
    name: 'millrace-host',
    setup(build) {
      build.onResolve({ filter: /^millrace(?:\/|$)/ }, ({ path }) => ({ path, namespace: 'host' }));
      build.onLoad({ filter: /.*/, namespace: 'host' }, ({ path }) => loadFrom(() => importHostModule(path), path));
      leaveExternalPackages(build, external, entryFolder);
      findNativeAddOns(build, outside);
    },
  };
}

function leaveExternalPackages(build: PluginBuild, external: ReadonlySet<string>, entryFolder: string): void {
  build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
    if (isHostSpecifier(path) || !external.has(packageOf(path))) return undefined;
    return { path, namespace: kind === 'require-call' ? 'external-cjs' : 'external' };
  });
  build.onLoad({ filter: /.*/, namespace: 'external' }, ({ path }) =>
    loadFrom(() => importExternal(path, [entryFolder]), path),
  );
  build.onLoad({ filter: /.*/, namespace: 'external-cjs' }, ({ path }) => ({
    contents: `const found = ${read(path)}; module.exports = found.default ?? found;`,
  }));
}

function findNativeAddOns(build: PluginBuild, outside: Outside): void {
  build.onResolve({ filter: /\.node$/ }, ({ path, importer }) => {
    const owner = ownerOf(importer);
    if (owner === undefined) {
      const text = `The native add-on ${path} cannot be bundled. Make a package of it, and import that.`;
      return { errors: [{ text }] };
    }
    outside.native.add(owner);
    return { path, external: true };
  });
  build.onResolve({ filter: ADD_ON_LOADERS }, ({ path, importer }) => {
    const owner = ownerOf(importer);
    if (owner === undefined) return undefined;
    outside.native.add(owner);
    return { path, external: true };
  });
}

async function loadFrom(load: () => Promise<object>, specifier: string): Promise<OnLoadResult> {
  try {
    return { contents: contentsFor(specifier, Object.keys(await load())), loader: 'js' };
  } catch (error) {
    const text = error instanceof MillraceError ? error.summary : String(error);
    const hint = error instanceof MillraceError && error.hint !== undefined ? [{ text: error.hint }] : [];
    return { errors: [{ text, notes: hint }] };
  }
}

/** Each export is a call that esbuild may drop, so that a bundle holds only the names that it uses. */
function contentsFor(specifier: string, names: readonly string[]): string {
  const lines = [`const get = (name) => ${read(specifier)}[name];`];
  // What is no identifier cannot be imported by name in the usual way: newer Nodes export 'module.exports' of CommonJS modules.
  for (const name of [...names]
    .filter((one) => /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(one))
    .sort()) {
    const value = `/* @__PURE__ */ get(${JSON.stringify(name)})`;
    lines.push(name === 'default' ? `export default ${value};` : `export const ${name} = ${value};`);
  }
  return lines.join('\n');
}

function read(specifier: string): string {
  return `globalThis[Symbol.for(${JSON.stringify(HOST_KEY)})].modules[${JSON.stringify(specifier)}]`;
}

/** `@scope/name/deep` → `@scope/name` */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The installed package that a file belongs to, or undefined for the author's own files. */
function ownerOf(file: string): string | undefined {
  const parts = file.split(/[\\/]node_modules[\\/]/);
  return parts.length < 2 ? undefined : packageOf(parts.at(-1)!.replaceAll('\\', '/'));
}
