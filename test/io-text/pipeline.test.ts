import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  buildPlan,
  count,
  create,
  definePipeline,
  fixedWindows,
  generateSequence,
  seconds,
  sessionWindows,
} from 'millrace';
import { writeToConsole } from 'millrace/console';
import { forgetMemory, memory, readFromMemory, writeToMemory } from 'millrace/memory';
import { readText, writeText } from 'millrace/text';
import { describe, expect, it, onTestFinished } from 'vitest';
import { onConsole, textOnConsole } from '../support/on-console.js';
import { run } from './run.js';
import { filesUnder, put, tempDir } from './temp.js';

const done = expect.objectContaining({ state: 'DONE' });

function results<T>(): ReturnType<typeof memory<T>> {
  const name = `results-${Math.random()}`;
  onTestFinished(() => forgetMemory(name));
  return memory<T>(name);
}

describe('text on the direct runner', () => {
  it('is read from many files of all kinds, and written', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'in'));
    for (let i = 0; i < 50; i++)
      put(join(dir, 'in'), `f${i}.txt`, Array.from({ length: 20 }, (_, n) => `${i}/${n}\n`).join(''));
    put(join(dir, 'in'), 'packed.txt.gz', gzipSync('packed 1\r\npacked 2'));
    put(join(dir, 'in'), 'empty.txt', '');
    for (const parallelism of [1, 3]) {
      const names = results<string>();
      const result = await run(
        (p) => {
          p.apply('read', readText([join(dir, 'in/*.txt'), join(dir, 'in/*.gz')]))
            .map('upper', (line) => line.toUpperCase())
            .apply('write', writeText(join(dir, `out${parallelism}/part`)))
            .apply('names', writeToMemory(names.name));
        },
        { parallelism },
      );
      expect(result).toEqual(done);
      const files = filesUnder(join(dir, `out${parallelism}`));
      expect(Object.keys(files).map((name) => join(dir, `out${parallelism}`, name))).toEqual([...names.values].sort());
      const lines = Object.values(files).flatMap((content) => content.split('\n').slice(0, -1));
      expect(lines).toHaveLength(1002);
      expect(new Set(lines).size).toBe(1002);
      expect(lines).toContain('PACKED 2');
      expect(readdirSync(join(dir, `out${parallelism}`)).filter((name) => name.startsWith('.'))).toEqual([]);
    }
  });

  it('is written for each window', async () => {
    const dir = tempDir();
    const result = await run((p) => {
      p.apply('numbers', generateSequence({ to: 25, timestampFn: (n) => n * 1000 }))
        .map('line', (n) => `n${n}`)
        .windowInto('windows', fixedWindows(seconds(10)))
        .apply('write', writeText({ prefix: join(dir, 'w'), shards: 2 }));
    });
    expect(result).toEqual(done);
    const files = filesUnder(dir);
    expect(Object.keys(files)).toHaveLength(6);
    const window = (start: string) =>
      Object.entries(files)
        .filter(([name]) => name.startsWith(`w-${start}`))
        .map(([, content]) => content)
        .join('');
    expect(window('19700101T000010.000Z--19700101T000020.000Z').split('\n').sort()).toEqual(
      ['', ...Array.from({ length: 10 }, (_, i) => `n${10 + i}`)].sort(),
    );
  });

  it('is one empty file where there is nothing to write', async () => {
    const dir = tempDir();
    const write = (prefix: string) =>
      run((p) => {
        p.apply('none', create<string>([])).apply('write', writeText({ prefix, header: 'id' }));
      });
    expect(await write(join(dir, 'o'))).toEqual(done);
    expect(filesUnder(dir)).toEqual({ 'o-00000-of-00001.txt': 'id\n' });
  });

  it('comes back through two runs that write to the same place at once', async () => {
    const dir = tempDir();
    const write = (mark: string) =>
      run((p) => {
        p.apply('numbers', generateSequence({ to: 30_000 }))
          .map('line', (n) => `${mark}${n}`)
          .apply('write', writeText({ prefix: join(dir, 'o'), shards: 1 }));
      });
    expect(await Promise.all([write('a'), write('b')])).toEqual([done, done]);
    const [[name, content] = ['', '']] = Object.entries(filesUnder(dir));
    expect(name).toBe('o-00000-of-00001.txt');
    const lines = content.split('\n').slice(0, -1);
    expect(lines).toHaveLength(30_000);
    expect(new Set(lines.map((line) => line[0])).size).toBe(1);
    expect(readdirSync(dir)).toEqual(['o-00000-of-00001.txt']);
  });

  it('says what is wrong with its input, and leaves no output', async () => {
    const dir = tempDir();
    put(dir, 'latin1.txt', Buffer.from('caf\xe9\n', 'latin1'));
    put(dir, 'cut.gz', gzipSync('x\n'.repeat(1000)).subarray(0, 20));
    mkdirSync(join(dir, 'folder'));
    const copy = async (pattern: string) => {
      const result = await run((p) => {
        p.apply('read', readText(join(dir, pattern))).apply('write', writeText(join(dir, 'out/o')));
      });
      expect(result.state).toBe('FAILED');
      expect(existsSync(join(dir, 'out')) ? readdirSync(join(dir, 'out')) : []).toEqual([]);
      return result.error;
    };
    expect(await copy('none*.txt')).toMatchObject({ code: 'IO_NO_MATCH', kind: 'external', step: 'read/Match' });
    expect(await copy('folder')).toMatchObject({ code: 'IO_IS_DIRECTORY', kind: 'external', step: 'read/Match' });
    expect(await copy('latin1.txt')).toMatchObject({ code: 'TEXT_NOT_UTF8', kind: 'external' });
    expect(await copy('cut.gz')).toMatchObject({ code: 'IO_GZIP_CORRUPT', kind: 'external' });
    put(dir, 'half.txt', Buffer.concat([Buffer.from('fine\n'.repeat(50_000)), Buffer.from([0xff, 0x0a])]));
    expect(await copy('half.txt')).toMatchObject({
      code: 'TEXT_NOT_UTF8',
      message: expect.stringContaining('line 50001, byte 250000'),
    });
  });

  it('fails with the function that fails, and leaves no output', async () => {
    const dir = tempDir();
    const result = await run((p) => {
      p.apply('numbers', generateSequence({ to: 50_000 }))
        .map('line', (n) => {
          if (n === 40_000) throw new Error('no more');
          return `n${n}`;
        })
        .apply('write', writeText(join(dir, 'o')));
    });
    expect(result).toMatchObject({ state: 'FAILED', error: { kind: 'function', step: 'line' } });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('may match nothing when that is allowed', async () => {
    const seen = results<string>();
    const nothing = join(tempDir(), '*.txt');
    const result = await run((p) => {
      p.apply('read', readText(nothing, { allowNoMatch: true })).apply('keep', writeToMemory(seen.name));
    });
    expect(result).toEqual(done);
    expect(seen.values).toEqual([]);
  });
});

describe('a pipeline that cannot write text as it asks', () => {
  const plan = (build: Parameters<typeof run>[0]) =>
    buildPlan(definePipeline({ name: 'test', build: (p) => build(p) }), { options: {}, inline: true });

  it('is refused while it is built', () => {
    const numbers = { timestampFn: (n: number) => n };
    expect(() =>
      plan((p) => {
        p.apply(generateSequence(numbers)).map(String).apply(writeText('out/o'));
      }),
    ).toThrow(/never ends/);
    expect(() =>
      plan((p) => {
        p.apply(generateSequence({ to: 9 }))
          .map(String)
          .windowInto(sessionWindows(5))
          .apply(writeText('out/o'));
      }),
    ).toThrow(/sessions have no end before they are grouped/);
    expect(() => readText([])).toThrow(/cannot read/);
    expect(() => readText('x', { maxLineBytes: 0 })).toThrow(/maxLineBytes is 0/);
    expect(() => readText('x', { gzip: 'yes' as 'auto' })).toThrow(/gzip is "yes", not one of auto/);
  });

  it('has the same plan each time', () => {
    const build = () =>
      plan((p) => {
        p.apply(readText('in/*')).apply(writeText('out/o'));
      }).plan;
    expect(build()).toEqual(build());
  });
});

describe('a memory', () => {
  it('gives its records to a pipeline and takes what comes out', async () => {
    const input = results<string>().add(['a', 'b', 'a'], 1000).add(['c'], 11_000);
    const output = results<{ key: string; value: number }>();
    const result = await run((p) => {
      p.apply('in', readFromMemory<string>(input.name))
        .windowInto('windows', fixedWindows(seconds(10)))
        .keyBy('key', (word) => word)
        .combinePerKey('count', count())
        .apply('out', writeToMemory(output.name));
    });
    expect(result).toEqual(done);
    const seen = output.records.map(({ value, timestamp, window }) => [
      value.key,
      value.value,
      timestamp,
      window.start,
    ]);
    expect(seen.sort()).toEqual([
      ['a', 2, 9_999, 0],
      ['b', 1, 9_999, 0],
      ['c', 1, 19_999, 10_000],
    ]);
  });
});

describe('the console', () => {
  it('shows elements through the host, as many as asked for', async () => {
    const text = textOnConsole();
    const result = await run((p) => {
      const values = p.apply('values', create<unknown>(['plain', 7, { a: [1, 2] }, null, 'five']));
      values.apply('show', writeToConsole({ limit: 4 }));
    });
    expect(result).toEqual(done);
    expect(text()).toBe('plain\n7\n{ a: [ 1, 2 ] }\nnull\n… and 1 more\n');
  });

  it('takes a format, and fails when nobody can see it', async () => {
    onConsole(() => {
      throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    });
    const result = await run((p) => {
      p.apply('values', create([1])).apply('show', writeToConsole({ format: (n) => `<${n}>` }));
    });
    expect(result).toMatchObject({ state: 'FAILED', error: { code: 'CONSOLE_CLOSED', step: 'show/Write' } });
  });
});
