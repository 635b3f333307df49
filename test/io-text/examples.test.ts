import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPlan, type PipelineDefinition } from 'millrace';
import { describe, expect, it } from 'vitest';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import topTrending from '../../examples/top-trending.js';
import windowedWordCount from '../../examples/windowed-word-count.js';
import wordCount from '../../examples/word-count.js';
import { linesOnConsole } from '../examples/lines-on-console.js';
import { filesUnder, tempDir } from './temp.js';

const DATA = ['examples/data/mill.txt', 'examples/data/river.txt'];

async function runExample(definition: PipelineDefinition, options: Record<string, string>): Promise<void> {
  const { plan, resolver } = buildPlan(definition, { options, inline: true });
  const handle = await createDirectRunner().run({ plan: JSON.parse(JSON.stringify(plan)), resolver });
  const { state, error } = await handle.wait();
  expect({ state, error }).toEqual({ state: 'DONE', error: undefined });
}

/** The words of the example's data with their minute, counted the obvious way. */
function countedWords(keyOf: (minute: string, word: string) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of DATA.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))) {
    for (const word of line.slice(line.indexOf('\t')).match(/[a-z]+/gi) ?? []) {
      const key = keyOf(line.slice(0, 16), word);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

describe('the examples', () => {
  it('find what trends', async () => {
    const counts = new Map<number, Map<string, number>>();
    for (const line of DATA.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))) {
      const minute = Math.floor(Date.parse(line.slice(0, line.indexOf('\t'))) / 60_000);
      const words = counts.get(minute) ?? new Map<string, number>();
      counts.set(minute, words);
      for (const word of line
        .slice(line.indexOf('\t'))
        .toLowerCase()
        .match(/[a-z]{4,}/g) ?? [])
        words.set(word, (words.get(word) ?? 0) + 1);
    }
    const expected = [...counts].map(([minute, words]) => {
      const before = counts.get(minute - 1);
      const rises = [...words].map(([word, n]) => ({ word, rise: n - (before?.get(word) ?? 0) }));
      const most = rises.filter(({ rise }) => rise > 0).sort((a, b) => b.rise - a.rise || (a.word < b.word ? -1 : 1));
      const shown = most.slice(0, 3).map(({ word, rise }) => `${word} +${rise}`);
      return `${new Date(minute * 60_000).toISOString().slice(11, 16)}  ${shown.join(', ')}`;
    });
    const shown = linesOnConsole();
    await runExample(topTrending, {});
    expect(shown.sort()).toEqual(expected.sort());
  });

  it('count words by the minute', async () => {
    const dir = tempDir();
    const shown = linesOnConsole();
    await runExample(windowedWordCount, { output: join(dir, 'words') });
    const got = new Map<string, number>();
    for (const [name, content] of Object.entries(filesUnder(dir))) {
      const [, hours, minutes] = /^words-20260101T(\d\d)(\d\d)00\.000Z--.*-00000-of-00001\.txt$/.exec(name) ?? [];
      for (const line of content.trimEnd().split('\n')) {
        const [word, count] = line.split('\t');
        got.set(`2026-01-01T${hours}:${minutes} ${word}`, Number(count));
      }
    }
    expect(got).toEqual(countedWords((minute, word) => `${minute} ${word.toUpperCase()}`));
    expect(shown.map((line) => line.slice(0, 11)).sort()).toEqual(
      [0, 1, 2, 3, 4].map((minute) => `06:0${minute}  THE `),
    );
  });

  it('count words', async () => {
    const dir = tempDir();
    await runExample(wordCount, { output: join(dir, 'o'), input: DATA.join(',') });
    const lines = Object.values(filesUnder(dir)).flatMap((content) => content.trimEnd().split('\n'));
    const got = new Map(lines.map((line) => [line.split(': ')[0], Number(line.split(': ')[1])]));
    // This one does not know of the times in front of the lines: their T and Z are words to it.
    const expected = countedWords((_, word) => word.toLowerCase());
    for (const letter of ['t', 'z']) expected.set(letter, (expected.get(letter) ?? 0) + 320);
    expect(got).toEqual(expected);
  });
});
