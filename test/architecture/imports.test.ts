import { describe, expect, it } from 'vitest';
import { importEdges, resolveImport, specifiersOf } from './imports.js';
import { roomOf, violations } from './rooms.js';
import { ROOT, trackedFiles } from './tracked-files.js';

const sources = trackedFiles().filter(
  (file) => /^(sdk|runners|io)\//.test(file) && /\.[cm]?[jt]s$/.test(file) && !file.endsWith('.d.ts'),
);

describe('import directions', () => {
  it('hold for every file of the library', () => {
    expect(violations(importEdges(ROOT, sources))).toEqual([]);
  });

  it('are known for every file of the library', () => {
    expect(sources.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  it('lead to files that exist', () => {
    const known = new Set(trackedFiles());
    const lost = importEdges(ROOT, sources).filter((edge) => !edge.isPackage && !known.has(edge.to));
    expect(lost.map((edge) => `${edge.from} → ${edge.specifier}`)).toEqual([]);
  });
});

describe('the check itself', () => {
  const edge = (from: string, specifier: string) =>
    resolveImport(from, specifier, { '.': './dist/sdk/index.js', './kafka': './dist/io/kafka/index.js' });

  it.each([
    ['sdk/model/plan.ts', '../coders/index.js'],
    ['sdk/coders/varint.ts', '../pipeline/build-plan.js'],
    ['sdk/pipeline/build-plan.ts', '../../runners/kernel/stage.js'],
    ['runners/kernel/stage.ts', '../../sdk/pipeline/build-plan.js'],
    ['runners/dataflow/task.ts', '../../sdk/index.js'],
    ['runners/direct/direct-runner.ts', '../worker-threads/pool.js'],
    ['runners/direct/direct-runner.ts', 'millrace'],
    ['runners/beam/to-beam.ts', '#millrace/runners/kernel/stage.js'],
    ['io/text/read.ts', '../../runners/direct/direct-runner.js'],
    ['io/text/read.ts', '../kafka/index.js'],
    ['io/text/read.ts', 'millrace/kafka'],
    ['io/text/read.ts', 'kafkajs'],
    ['sdk/coders/row.ts', 'apache-arrow/Arrow'],
    ['runners/program/bundle.ts', 'commander'],
    ['runners/dataflow/task.ts', 'left-pad'],
    ['elsewhere/file.ts', '../sdk/index.js'],
  ])('finds that %s may not import %s', (from, specifier) => {
    expect(violations([edge(from, specifier)])).toHaveLength(1);
  });

  it.each([
    ['sdk/coders/varint.ts', '../model/coder.js'],
    ['runners/dataflow/task.ts', '../kernel/stage.js'],
    ['runners/cli/main.ts', '../direct/direct-runner.js'],
    ['runners/cli/main.ts', 'commander'],
    ['io/kafka/read.ts', '../../sdk/index.js'],
    ['io/kafka/read.ts', './client/kafkajs.js'],
    ['io/kafka/client/kafkajs.ts', 'kafkajs'],
    ['runners/kernel/stage.ts', 'node:perf_hooks'],
  ])('lets %s import %s', (from, specifier) => {
    expect(violations([edge(from, specifier)])).toEqual([]);
  });

  it('sees every form of import, and no comment', () => {
    const text = `
import a from 'static';
import type { B } from 'type-only';
import {
  c,
  d,
} from 'several-lines';
import 'side-effect';
export * from 'export-all';
export type { E } from 'export-type';
const f = await import('dynamic');
type G = import('type-query').G;
const h = require('required');
const worker = new Worker(new URL('./worker.js', import.meta.url));
// import i from 'line-comment';
/** import('block-comment') */
export const j = 'not an import from';
`;
    expect(specifiersOf(text).sort()).toEqual(
      [
        ...['static', 'type-only', 'several-lines', 'side-effect', 'export-all', 'export-type'],
        ...['dynamic', 'type-query', 'required', './worker.js'],
      ].sort(),
    );
  });
});
