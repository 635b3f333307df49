import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyAssertions } from 'millrace/testing';
import { expect, it } from 'vitest';
import { openProgram } from '#millrace/runners/program/open-program.js';
import { describeWithService } from '../support/services/describe-with-service.js';
import { tempFolder } from '../support/temp-folder.js';

/** Several files of several thousand lines, and what is in them. */
function corpus(folder: string): Map<string, number> {
  const words = ['the', 'mill', 'race', 'carries', 'one', 'stream', 'to', 'any', 'wheel', 'straße'];
  const counts = new Map<string, number>();
  for (let file = 0; file < 3; file++) {
    const lines: string[] = [];
    for (let line = 0; line < 3_000; line++) {
      const chosen = Array.from({ length: 1 + ((line + file) % 5) }, (_, i) => words[(line * 7 + i * i + file) % 10]!);
      for (const word of chosen) counts.set(word, (counts.get(word) ?? 0) + 1);
      lines.push(chosen.join(' '));
    }
    writeFileSync(join(folder, `part-${file}.txt`), `${lines.join('\n')}\n`);
  }
  return counts;
}

describeWithService('prism', 'word count over text files on Prism', (prism) => {
  async function run(wrong: number) {
    const folder = tempFolder();
    mkdirSync(join(folder, 'in'));
    mkdirSync(join(folder, 'out'));
    const counts = corpus(join(folder, 'in'));
    const options = {
      input: join(folder, 'in', '*.txt'),
      output: join(folder, 'out', 'counts'),
      expected: (counts.get('the') ?? 0) + wrong,
    };
    const { program } = await openProgram('test/harness/pipelines/text-word-count.ts', options);
    const result = verifyAssertions(program.plan, await prism().run(program));
    // A job that failed may leave a folder of unfinished files.
    const written = readdirSync(join(folder, 'out'), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap(({ name }) =>
        readFileSync(join(folder, 'out', name), 'utf8')
          .trimEnd()
          .split('\n'),
      )
      .sort();
    return { counts, result, written };
  }

  it('reads, counts, checks and writes', async () => {
    const { counts, result, written } = await run(0);
    expect(result.error, prism().logTail()).toBeUndefined();
    expect(result.state).toBe('DONE');
    expect(written).toEqual([...counts].map(([word, count]) => `${word}\t${count}`).sort());
    const total = [...counts.values()].reduce((a, b) => a + b);
    expect(result.metrics).toContainEqual(expect.objectContaining({ step: 'words', name: 'words', value: total }));
  });

  it('fails with the assertion', async () => {
    const { result } = await run(1);
    expect(result).toMatchObject({ state: 'FAILED', error: { code: 'PASSERT_FAILED', step: 'the/Check' } });
  });
});
