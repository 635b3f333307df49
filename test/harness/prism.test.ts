import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openProgram } from '#millrace/runners/program/open-program.js';
import { describeWithService } from '../support/services/describe-with-service.js';

const output = () => join(mkdtempSync(join(tmpdir(), 'millrace-test-')), 'out.txt');
const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n').sort();

describeWithService('prism', 'pipelines on Prism', (prism) => {
  it('counts words', async () => {
    const path = output();
    const { program } = await openProgram('test/harness/pipelines/word-count.ts', { output: path });
    const result = await prism().run(program);
    expect(result.error, prism().logTail()).toBeUndefined();
    expect(result.state).toBe('DONE');
    expect(linesOf(path)).toEqual(['a: 3', 'b: 2', 'c: 1', 'größe: 1']);
  });
});
