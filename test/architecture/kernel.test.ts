import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const FOLDER = new URL('../../runners/kernel/', import.meta.url);
const TIME_OR_OUTSIDE =
  /\b(setTimeout|setInterval|setImmediate|Date\.now|new Date|performance\.|Math\.random|node:(fs|net|http|worker_threads))/;

it('the kernel reads no clock, rolls no dice and touches nothing outside', () => {
  const found = readdirSync(fileURLToPath(FOLDER))
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const line = readFileSync(new URL(name, FOLDER), 'utf8')
        .split('\n')
        .find((text) => TIME_OR_OUTSIDE.test(text));
      return line === undefined ? [] : [`${name}: ${line.trim()}`];
    });
  expect(found).toEqual([]);
});

it('such a line would be found', () => {
  expect('const now = Date.now();').toMatch(TIME_OR_OUTSIDE);
});
