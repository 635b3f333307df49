import { closeSync, ftruncateSync, openSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReadLinesFn } from '#millrace/io/text/read-lines-fn.js';
import { type ReadTextOptions, readTextDefaults } from '#millrace/io/text/text-options.js';
import { readAll } from './drive.js';
import { put, tempDir } from './temp.js';

const fnWith = (options: ReadTextOptions = {}) => new ReadLinesFn(readTextDefaults(options));

async function lines(content: string | Uint8Array, options: ReadTextOptions = {}, name = 'f.txt'): Promise<string[]> {
  const fn = fnWith(options);
  const file = put(tempDir(), name, content);
  return readAll(fn, file, fn.initialRestriction(file));
}

/** What the lines of a text are, the slow and obvious way. */
function linesOf(text: string): { line: string; offset: number }[] {
  const result: { line: string; offset: number }[] = [];
  let offset = 0;
  for (const piece of text.split(/(?<=\n)/)) {
    if (piece !== '') result.push({ line: piece.replace(/\r?\n$/, ''), offset });
    offset += Buffer.byteLength(piece);
  }
  return result;
}

describe('lines of a file', () => {
  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\nb', ['a', '', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\rb\n\r\n', ['a\rb', '']],
    ['a\r', ['a\r']],
    ['ünï😀\nascii\n', ['ünï😀', 'ascii']],
    ['\ufeffwith mark\n\ufeffwithout\n', ['with mark', '\ufeffwithout']],
    ['\ufeff', ['']],
    ['nul \0 inside\n', ['nul \0 inside']],
  ])('%j', async (text, expected) => {
    expect(await lines(text)).toEqual(expected);
    expect(await lines(gzipSync(text), {}, 'f.gz')).toEqual(expected);
    expect(await lines(text, { keepEmptyLines: false })).toEqual(expected.filter((line) => line !== ''));
  });

  it('are emitted within the budget of a poll', async () => {
    const fn = fnWith();
    const file = put(tempDir(), 'f', 'x\n'.repeat(1000));
    const tracker = fn.newTracker(fn.initialRestriction(file));
    const reader = fn.open(file, tracker);
    let emitted = 0;
    const out = { emit: () => void emitted++ };
    expect(reader.poll(out, 10)).toBe('more');
    expect(emitted).toBe(10);
    for (let before = emitted; reader.poll(out, 7) !== 'done'; before = emitted)
      expect(emitted - before).toBeLessThanOrEqual(7);
    expect(emitted).toBe(1000);
    expect(reader.poll(out, 7)).toBe('done');
    await reader.close();
  });

  it('may be longer than a block', async () => {
    const long = 'é'.repeat(2_500_000);
    const text = `short\n${long}\r\nshort`;
    expect(await lines(text)).toEqual(['short', long, 'short']);
    expect(await lines(gzipSync(text), {}, 'f.gz')).toEqual(['short', long, 'short']);
  });
});

/** Text in which everything that matters to a splitter happens often. */
const awkwardText = fc
  .array(fc.constantFrom('\n', '\r\n', '\r', 'a', 'bc', 'é', '😀', '\ufeff', 'x'.repeat(50)), { maxLength: 60 })
  .map((parts) => parts.join(''));

describe('ranges of a file', () => {
  it('hold every line exactly once, in the range of its first byte', async () => {
    const dir = tempDir();
    await fc.assert(
      fc.asyncProperty(
        awkwardText,
        fc.array(fc.nat(200), { maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        async (text, cuts, budget) => {
          const fn = fnWith();
          const file = put(dir, 'f.txt', text);
          const size = file.sizeBytes;
          const bounds = [0, ...cuts.map((cut) => Math.min(cut, size)).sort((a, b) => a - b), size];
          const model = linesOf(text);
          for (let i = 0; i + 1 < bounds.length; i++) {
            const [from, to] = [bounds[i]!, bounds[i + 1]!];
            const got = await readAll(fn, file, { from, to }, { budgets: [budget] });
            const expected = model.filter(({ offset }) => offset >= from && offset < to);
            expect(got).toEqual(
              expected.map(({ line, offset }) => (offset === 0 ? line.replace(/^\ufeff/, '') : line)),
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('can be split at any moment: what was read and the residual make the whole', async () => {
    const dir = tempDir();
    const split = fc.record({ afterPolls: fc.nat(12), fraction: fc.constantFrom(0, 0.1, 0.5, 0.9, 1) });
    await fc.assert(
      fc.asyncProperty(awkwardText, fc.array(split, { maxLength: 4 }), fc.boolean(), async (text, splits, gzip) => {
        const fn = fnWith({ gzip: gzip ? 'always' : 'never' });
        const file = put(dir, 'f.txt', gzip ? gzipSync(text) : text);
        const whole = linesOf(text).map(({ line }, i) => (i === 0 ? line.replace(/^\ufeff/, '') : line));
        const inOrder = [...splits].sort((a, b) => a.afterPolls - b.afterPolls);
        const got = await readAll(fn, file, fn.initialRestriction(file), { budgets: [1, 3, 2], splits: inOrder });
        expect([...got].sort()).toEqual([...whole].sort());
      }),
      { numRuns: 300 },
    );
  });

  it('are cut for parallel work, and not below what is worth it', () => {
    const file = { path: 'f', sizeBytes: 100 * 1024 * 1024 };
    const pieces = (options: ReadTextOptions, parts: number, of = file) => {
      const fn = fnWith(options);
      return fn.split(of, fn.initialRestriction(of), parts);
    };
    const sizes = pieces({ desiredSplitBytes: 30 * 1024 * 1024 }, 1).map(({ from, to }) => to - from);
    expect(sizes).toHaveLength(4);
    expect(sizes.reduce((a, b) => a + b)).toBe(file.sizeBytes);
    expect(pieces({}, 8)).toHaveLength(8);
    expect(pieces({ desiredSplitBytes: 30 * 1024 * 1024 }, 3)).toHaveLength(6);
    expect(pieces({}, 8, { path: 'f', sizeBytes: 1000 })).toEqual([{ from: 0, to: 1000 }]);
    expect(pieces({}, 8, { path: 'f.gz', sizeBytes: 1 << 30 })).toHaveLength(1);
    expect(pieces({}, 8, { path: 'f', sizeBytes: 0 })).toHaveLength(1);
  });
});

describe('gzip', () => {
  it('may have several members', async () => {
    expect(await lines(Buffer.concat([gzipSync('a\nb'), gzipSync('c\nd\n')]), {}, 'f.gz')).toEqual(['a', 'bc', 'd']);
  });

  it('is told by the name, or by the option', async () => {
    expect(await lines(gzipSync('a\n'), { gzip: 'always' })).toEqual(['a']);
    expect(await lines('a\n', { gzip: 'never' }, 'f.gz')).toEqual(['a']);
    await expect(lines(gzipSync('a\n'))).rejects.toThrow(/not UTF-8[\s\S]*HINT: the file begins like gzip/);
    await expect(lines('a\n', {}, 'f.gz')).rejects.toThrow(/f\.gz" is corrupt[\s\S]*HINT: if it is not gzip/);
  });

  it('that is cut off or damaged is named', async () => {
    const packed = gzipSync('some line\n'.repeat(100_000), { level: 1 });
    await expect(lines(packed.subarray(0, packed.length / 2), {}, 'cut.gz')).rejects.toThrow(
      /cut\.gz" is truncated or damaged after \d+ unpacked bytes/,
    );
    const damaged = Buffer.from(packed);
    damaged.fill(0x55, packed.length / 2, packed.length / 2 + 40);
    await expect(lines(damaged, {}, 'bad.gz')).rejects.toThrow(/bad\.gz" is (corrupt|truncated or damaged) after/);
    await expect(lines('', {}, 'empty.gz')).rejects.toThrow(/empty\.gz" is truncated/);
  });
});

describe('a file that is no text', () => {
  it('is refused at its first bad byte', async () => {
    const latin1 = Buffer.from('one\ntwo caf\xe9 x\n', 'latin1');
    await expect(lines(latin1)).rejects.toThrow(/not UTF-8 text: byte 0xe9 at line 2, byte 11 cannot stand there/);
    await expect(lines(Buffer.from([0xff, 0xfe, 0x41, 0]))).rejects.toThrow(/HINT: the file begins like UTF-16/);
    const real = Buffer.concat([Buffer.from('\ufffd really stands here '), Buffer.from([0xc3])]);
    await expect(lines(real)).rejects.toThrow(/byte 0xc3 at line 1, byte 23/);
  });

  it('is refused in the middle of a file with the offset alone', async () => {
    const file = put(tempDir(), 'f', Buffer.from('one\ntwo\ncaf\xe9\n', 'latin1'));
    await expect(readAll(fnWith(), file, { from: 2, to: file.sizeBytes })).rejects.toThrow(/byte 0xe9 at byte 11/);
  });

  it('can be read with replacement characters', async () => {
    const latin1 = Buffer.from('ok é\ncaf\xe9\nok\n', 'latin1');
    expect(await lines(latin1, { invalidUtf8: 'replace' })).toEqual(['ok \ufffd', 'caf\ufffd', 'ok']);
  });
});

describe('a very long line', () => {
  it('is refused with its place, without being read whole', async () => {
    const file = put(tempDir(), 'huge.txt', 'first\n');
    // 100 MB of zeros that take no room on the disk.
    truncateSync(file.path, 100_000_000);
    const before = process.memoryUsage();
    const fn = fnWith({ maxLineBytes: 4 << 20 });
    const element = { path: file.path, sizeBytes: 100_000_000 };
    await expect(readAll(fn, element, fn.initialRestriction(element))).rejects.toThrow(
      /huge\.txt" is longer than 4194304 bytes \(line 2, it starts at byte 6\)/,
    );
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(32 << 20);
  });

  it('may have just the longest length', async () => {
    const line = 'x'.repeat(5000);
    for (const end of ['', '\n', '\r\n', '\nmore']) {
      expect((await lines(line + end, { maxLineBytes: 5000 }))[0]).toBe(line);
      await expect(lines(`${line}x${end}`, { maxLineBytes: 5000 })).rejects.toThrow(/longer than 5000 bytes/);
    }
    const million = 'x'.repeat(2 << 20);
    expect(await lines(`${million}\r\n`, { maxLineBytes: 2 << 20 })).toEqual([million]);
  });

  it('that began in an earlier range is passed over in little memory', async () => {
    const file = put(tempDir(), 'huge.txt', '');
    truncateSync(file.path, 50_000_000);
    expect(await readAll(fnWith({ maxLineBytes: 1000 }), file, { from: 10, to: 50_000_000 })).toEqual([]);
  });
});

describe('a file that changes', () => {
  it('is refused when it became shorter', async () => {
    const fn = fnWith();
    const file = put(tempDir(), 'f.txt', 'a\n'.repeat(100));
    const fd = openSync(file.path, 'r+');
    ftruncateSync(fd, 50);
    closeSync(fd);
    await expect(readAll(fn, file, fn.initialRestriction(file))).rejects.toThrow(
      /became shorter while it was read: it ends at byte 50/,
    );
  });

  it('is named when it is gone', async () => {
    const file = { path: join(tempDir(), 'gone.txt'), sizeBytes: 10 };
    const fn = fnWith();
    await expect(readAll(fn, file, fn.initialRestriction(file))).rejects.toThrow(
      /cannot open .*gone\.txt": it does not exist/,
    );
    const packed = { path: join(tempDir(), 'gone.gz'), sizeBytes: 10 };
    await expect(readAll(fn, packed, fn.initialRestriction(packed))).rejects.toThrow(/gone\.gz": it does not exist/);
  });
});
