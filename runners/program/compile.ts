import { basename, dirname, join, resolve } from 'node:path';
import type { BuildFailure, BuildOptions, BuildResult, Location, Message } from 'esbuild';
import { MillraceError } from '../../sdk/model/errors.js';
import { MILLRACE_VERSION } from '../../sdk/model/version.js';
import type { BundleInput } from './bundle-cache.js';
import { displayPath } from './display-path.js';
import { hostPlugin, type Outside } from './host-plugin.js';
import { manifestComment } from './manifest.js';

/** Modules that stand for something outside of the bundle. */
const VIRTUAL = /^(?:host|external|external-cjs):/;

export interface Compiled {
  readonly text: string;
  /** Every file that the text was made of. */
  readonly inputs: readonly BundleInput[];
}

/** CommonJS dependencies find what Node gives them; the names cannot clash with the author's. */
const BANNER = [
  "import { createRequire as millraceCreateRequire } from 'node:module';",
  "import { fileURLToPath as millraceFileURLToPath } from 'node:url';",
  'const require = millraceCreateRequire(import.meta.url);',
  'const millraceFilename = millraceFileURLToPath(import.meta.url);',
  "const millraceDirname = millraceFileURLToPath(new URL('.', import.meta.url));",
].join('');

/**
 * Compiles a module and all that it imports to one ESM text with an inline source map. Every path in the text is
 * relative to the entry's folder, so that the same sources give the same bytes wherever they stand.
 */
export async function compile(entry: string, external: readonly string[]): Promise<Compiled> {
  const outsideOf = new Set(external);
  const native = new Set<string>();
  // A package that turns out to hold a native add-on is left outside, which may bring the next one to light.
  for (;;) {
    const outside: Outside = { native: new Set() };
    const result = await build(entry, outsideOf, outside);
    const found = [...outside.native].filter((name) => !outsideOf.has(name));
    if (found.length === 0) return assemble(entry, result, native);
    for (const name of found) {
      native.add(name);
      outsideOf.add(name);
    }
  }
}

type Result = BuildResult<{ metafile: true; write: false } & BuildOptions>;

async function build(entry: string, external: ReadonlySet<string>, outside: Outside): Promise<Result> {
  const { build, formatMessages } = await import('esbuild');
  const folder = dirname(entry);
  try {
    return await build({
      entryPoints: [basename(entry)],
      absWorkingDir: folder,
      outfile: join(folder, 'bundle.mjs'),
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      charset: 'utf8',
      sourcemap: 'external',
      logLevel: 'silent',
      logOverride: { 'import-is-undefined': 'error' },
      banner: { js: BANNER },
      define: { __filename: 'millraceFilename', __dirname: 'millraceDirname' },
      plugins: [hostPlugin(external, folder, outside)],
    });
  } catch (error) {
    const messages = (error as Partial<BuildFailure>).errors;
    if (messages === undefined) throw error;
    const shown = messages.map((message) => forReader(message, folder));
    const frames = await formatMessages(shown, { kind: 'error', color: false });
    const summary = `${displayPath(entry)} does not compile\n\n${frames.join('\n').trimEnd()}\n`;
    throw new MillraceError('PROGRAM_DOES_NOT_COMPILE', 'options', summary);
  }
}

/** esbuild names files relative to the entry's folder; the reader stands in the working directory. */
function forReader(message: Message, folder: string): Message {
  const place = (location: Location | null): Location | null =>
    location === null || VIRTUAL.test(location.file)
      ? null
      : { ...location, file: displayPath(resolve(folder, location.file)) };
  return {
    ...message,
    text: message.text.replace(/"(?:host|external):/, '"'),
    pluginName: '',
    location: place(message.location),
    notes: message.notes.map((note) => ({ ...note, location: place(note.location) })),
  };
}

function assemble(entry: string, result: Result, native: ReadonlySet<string>): Compiled {
  const [map, code] = [...result.outputFiles].sort((a, b) => b.path.length - a.path.length);
  const used = Object.entries(Object.values(result.metafile.outputs).find((o) => o.entryPoint !== undefined)!.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([input]) => input);
  const of = (namespace: string) =>
    used.flatMap((i) => (i.startsWith(`${namespace}:`) ? [i.slice(namespace.length + 1)] : []));
  const manifest = manifestComment({
    millrace: MILLRACE_VERSION,
    modules: of('host').sort(),
    external: [...new Set([...of('external'), ...of('external-cjs')])].sort(),
    native: [...native].sort(),
  });
  const sourceMap = JSON.parse(map!.text) as SourceMap;
  const texts = new Map(sourceMap.sources.map((source, i) => [source, sourceMap.sourcesContent[i] ?? undefined]));
  const inputs = Object.keys(result.metafile.inputs).filter((input) => !VIRTUAL.test(input));
  return {
    text: `${code!.text}${manifest}//# sourceMappingURL=data:application/json;base64,${withoutVirtualText(sourceMap)}\n`,
    inputs: inputs.map((input) => ({ path: resolve(dirname(entry), input), text: texts.get(input) })),
  };
}

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent: readonly (string | null)[];
}

/** The source map in base64, without the text of modules that nobody wrote. */
function withoutVirtualText(map: SourceMap): string {
  const sourcesContent = map.sourcesContent.map((text, i) => (VIRTUAL.test(map.sources[i]!) ? null : text));
  return Buffer.from(JSON.stringify({ ...map, sourcesContent })).toString('base64');
}
