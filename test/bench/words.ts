import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { random } from './hashes.js';

const VOCABULARY = 100_000;
const WORDS_A_LINE = 10;
const FLUSH_BYTES = 1 << 22;

/** A file of about `megabytes` MB of words that are as frequent as in natural language (Zipf, exponent 1); made once. */
export function wordsFile(megabytes: number): string {
  const folder = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'millrace', 'bench');
  const file = path.join(folder, `words-${megabytes}.txt`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const unfinished = `${file}.${process.pid}`;
    writeWords(unfinished, megabytes * 1e6);
    renameSync(unfinished, file);
  }
  return file;
}

/** Lines of ten words, the first with a capital, some commas, a full stop; ends with the line that reaches `limit` bytes. */
function writeWords(file: string, limit: number): void {
  const words = vocabulary();
  const pick = zipf();
  const output = openSync(file, 'w');
  let pending = '';
  let written = 0;
  for (let n = 0; written + pending.length < limit; ) {
    const line: string[] = [];
    for (let i = 0; i < WORDS_A_LINE; i++, n++) {
      const comma = i < WORDS_A_LINE - 1 && random(n, 2) % 16 === 0;
      line.push(words[pick(random(n, 1))]! + (comma ? ',' : ''));
    }
    const text = line.join(' ');
    pending += `${text[0]!.toUpperCase()}${text.slice(1)}.\n`;
    if (pending.length >= FLUSH_BYTES) {
      written += writeSync(output, pending, null, 'latin1');
      pending = '';
    }
  }
  writeSync(output, pending, null, 'latin1');
  closeSync(output);
}

/** Random letters; the rarer a word, the longer. */
function vocabulary(): string[] {
  return Array.from({ length: VOCABULARY }, (_, k) => {
    const length = 2 + ((31 - Math.clz32(k + 1)) >> 1) + (random(k, 101) % 4);
    return String.fromCharCode(...Array.from({ length }, (_, j) => 97 + (random(k, 110 + j) % 26)));
  });
}

/** A rank whose probability is proportional to 1 / (rank + 1), from a uniform number of 32 bits. */
function zipf(): (uniform: number) => number {
  const bounds = new Uint32Array(VOCABULARY);
  let total = 0;
  for (let k = 0; k < VOCABULARY; k++) total += 1 / (k + 1);
  let sum = 0;
  for (let k = 0; k < VOCABULARY; k++) {
    sum += 1 / (k + 1);
    bounds[k] = Math.min(0xffffffff, Math.floor(2 ** 32 * (sum / total)));
  }
  bounds[VOCABULARY - 1] = 0xffffffff;
  return (uniform) => {
    let low = 0;
    let high = VOCABULARY - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (bounds[middle]! > uniform) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
