import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One import of one file: what was written, and the file of ours or the package that it means. */
export interface ImportEdge {
  /** Repository path of the importing file, with `/`. */
  readonly from: string;
  /** As written. */
  readonly specifier: string;
  /** Repository path of the imported source file, or the name of a package (`node:fs`, `kafkajs`, `@grpc/grpc-js`). */
  readonly to: string;
  readonly isPackage: boolean;
}

/** Static imports and re-exports, with and without `type`; they stand at the start of a line in formatted code. */
const STATIC = /^(?:import|export)\b[^;'"`]*?\bfrom\s+['"]([^'"\n]+)['"]/gm;
const SIDE_EFFECT = /^import\s+['"]([^'"\n]+)['"]/gm;
/** Dynamic imports, `import('x')` types, `require`, and files named for a worker thread. */
const DYNAMIC = /\b(?:import|require|require\.resolve)\(\s*['"`]([^'"`\n$]+)['"`]/g;
const URL_OF = /\bnew URL\(\s*['"`](\.[^'"`\n$]+)['"`]\s*,\s*import\.meta\.url/g;

/** The specifiers that a source text imports, in whatever form. */
export function specifiersOf(text: string): string[] {
  const code = text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '');
  return [STATIC, SIDE_EFFECT, DYNAMIC, URL_OF].flatMap((form) => [...code.matchAll(form)].map((found) => found[1]!));
}

/** What a specifier in a file means. `#millrace/…` and `millrace/…` lead back into the sources. */
export function resolveImport(from: string, specifier: string, packageExports: Record<string, string>): ImportEdge {
  const inside = (file: string): ImportEdge => ({ from, specifier, to: sourceOf(file), isPackage: false });
  if (specifier.startsWith('.')) return inside(path.posix.join(path.posix.dirname(from), specifier));
  if (specifier.startsWith('#millrace/')) return inside(specifier.slice('#millrace/'.length));
  if (specifier === 'millrace' || specifier.startsWith('millrace/')) {
    const target = packageExports[`.${specifier.slice('millrace'.length)}`];
    if (target !== undefined) return inside(target.replace(/^\.\/(dist\/)?/, ''));
  }
  const parts = specifier.split('/');
  const to = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
  return { from, specifier, to, isPackage: true };
}

/** All import edges of the given files, read from the repository at `root`. */
export function importEdges(root: string, files: readonly string[]): ImportEdge[] {
  const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string>;
  };
  return files.flatMap((file) =>
    specifiersOf(readFileSync(path.join(root, file), 'utf8')).map((specifier) =>
      resolveImport(file, specifier, exports),
    ),
  );
}

/** What is built in `dist` means the source that it was built from. */
function sourceOf(file: string): string {
  return file.replace(/^dist\//, '').replace(/\.js$/, '.ts');
}
