import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { expect, it } from 'vitest';

/** File name → text, of a folder of generated modules. */
const texts = (dir: string): Record<string, string> =>
  Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]));

it('the generated modules are what the .proto files say', () => {
  const out = mkdtempSync(join(tmpdir(), 'millrace-generated-'));
  try {
    const bin = resolve('node_modules/.bin');
    execFileSync(join(bin, 'buf'), ['generate', '-o', out], {
      cwd: 'runners/beam',
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    });
    expect(texts(join(out, 'generated'))).toEqual(texts('runners/beam/generated'));
  } finally {
    rmSync(out, { recursive: true });
  }
});
