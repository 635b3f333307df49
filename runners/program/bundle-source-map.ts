import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';

/** A bundle's own source map, for hosts that do not map stacks themselves (a test runner with a stack format of its own). */
export class BundleSourceMap {
  private map: SourceMap | null | undefined;

  constructor(private readonly bundlePath: string) {}

  /** Where a line of the bundle was written: the source, relative to the entry's folder, with line and column from 1. */
  original(line: number, column: number): string | undefined {
    this.map ??= this.read();
    const entry = this.map?.findEntry(line - 1, column - 1);
    if (entry === undefined || !('originalSource' in entry)) return undefined;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  }

  private read(): SourceMap | null {
    const encoded = /\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/.exec(
      readFileSync(this.bundlePath, 'utf8'),
    );
    if (encoded === null) return null;
    return new SourceMap(JSON.parse(Buffer.from(encoded[1]!, 'base64').toString('utf8')) as SourceMapPayload);
  }
}
