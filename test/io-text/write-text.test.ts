import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntervalWindow, type KV, ON_TIME_AND_ONLY_PANE } from 'millrace';
import { describe, expect, it } from 'vitest';
import type { Part } from '#millrace/io/files/part.js';
import { tempFolder } from '#millrace/io/files/temp-folder.js';
import { FinishFilesFn } from '#millrace/io/text/finish-files-fn.js';
import { WriteLinesFn } from '#millrace/io/text/write-lines-fn.js';
import { type WriteTextOptions, writeTextSettings } from '#millrace/io/text/write-options.js';
import { Driver } from './drive.js';
import { filesUnder, tempDir } from './temp.js';

function sink(options: string | WriteTextOptions, appends = true) {
  const settings = writeTextSettings(options);
  return {
    writer: (controller?: AbortController) => new Driver(new WriteLinesFn(settings, appends), controller).setup(),
    finish: async (groups: readonly Part[][], at: Parameters<Driver<unknown, unknown>['bundle']>[1] = {}) => {
      const driver = new Driver<KV<string, Iterable<Part>>, string>(new FinishFilesFn(settings));
      await driver.bundle(
        groups.map((value) => ({ key: 'global', value })),
        at,
      );
      return driver.values;
    },
  };
}

describe('text output', () => {
  it('appears under its name only when it is finished, whole', async () => {
    const dir = tempDir();
    const { writer, finish } = sink(join(dir, 'new/out/words'));
    const w = await writer();
    await w.bundle(['a', 'b']);
    await w.bundle(['ü😀', '']);
    expect(readdirSync(join(dir, 'new/out')).filter((name) => !name.startsWith('.'))).toEqual([]);
    const names = await finish([w.values]);
    expect(names).toEqual([join(dir, 'new/out/words-00000-of-00001.txt')]);
    expect(filesUnder(dir)).toEqual({ 'new/out/words-00000-of-00001.txt': 'a\nb\nü😀\n\n' });
    expect(readdirSync(join(dir, 'new/out'))).toEqual(['words-00000-of-00001.txt']);
  });

  it('has a file for each writer by default, or as many as were asked for', async () => {
    const dir = tempDir();
    const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `line ${from + i}`);
    for (const shards of [undefined, 1, 2, 3, 7]) {
      const base = `s${shards}`;
      const { writer, finish } = sink({
        prefix: join(dir, base),
        ...(shards !== undefined && { shards }),
        header: 'H',
        footer: 'F',
      });
      const [a, b] = [await writer(), await writer()];
      await a.bundle(lines(0, 100));
      await b.bundle(lines(200, 300));
      await a.bundle(lines(100, 200));
      const names = await finish([[...b.values, ...a.values, ...a.values]]);
      const files = Object.entries(filesUnder(dir)).filter(([name]) => name.startsWith(`${base}-`));
      expect(files.map(([name]) => join(dir, name))).toEqual(names);
      expect(names).toHaveLength(shards ?? 2);
      const contents = files.map(([, content]) => content.split('\n'));
      for (const content of contents) expect([content[0], content.at(-2), content.at(-1)]).toEqual(['H', 'F', '']);
      const body = contents.flatMap((content) => content.slice(1, -2));
      expect([...body].sort()).toEqual(lines(0, 300).sort());
    }
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is written for a window in a file that is named after it, and again for a later firing', async () => {
    const dir = tempDir();
    const { writer, finish } = sink({ prefix: join(dir, 'w'), suffix: '.log' }, false);
    const window = new IntervalWindow(Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 0, 0, 10));
    const w = await writer();
    await w.bundle(['one'], { window });
    await w.bundle(['two'], { window });
    expect(w.values).toHaveLength(2);
    expect(await finish([w.values], { window, pane: ON_TIME_AND_ONLY_PANE })).toHaveLength(1);
    await w.bundle(['late'], { window });
    await finish([w.values.slice(2)], {
      window,
      pane: { ...ON_TIME_AND_ONLY_PANE, timing: 'LATE', index: 1, isFirst: false },
    });
    expect(filesUnder(dir)).toEqual({
      'w-20260101T000000.000Z--20260101T000010.000Z-00000-of-00001.log': 'one\ntwo\n',
      'w-20260101T000000.000Z--20260101T000010.000Z-pane-1-00000-of-00001.log': 'late\n',
    });
  });

  it('keeps windows apart within a bundle', async () => {
    const dir = tempDir();
    const { writer } = sink(join(dir, 'w'), false);
    const w = await writer();
    const windows = [0, 1, 2].map((i) => new IntervalWindow(i * 1000, i * 1000 + 1000));
    for (const window of windows) await w.bundle(['x'], { window });
    expect(w.values.map((part) => part.key)).toEqual(['0/1000', '1000/2000', '2000/3000']);
    expect(new Set(w.values.map((part) => part.path)).size).toBe(3);
    expect(w.emitted.map((element) => element.timestamp)).toEqual([999, 1999, 2999]);
  });

  it('finishes again what a crash interrupted, wherever that was', async () => {
    for (const shards of [undefined, 1, 2]) {
      const dir = tempDir();
      const { writer, finish } = sink({
        prefix: join(dir, 'o'),
        footer: 'end',
        ...(shards !== undefined && { shards }),
      });
      const [a, b] = [await writer(), await writer()];
      await a.bundle(['a1', 'a2']);
      await b.bundle(['b1', 'b2']);
      const parts = [...a.values, ...b.values];
      const names = await finish([parts]);
      const before = filesUnder(dir);
      // The acknowledgement was lost: the same group comes again.
      expect(await finish([parts])).toEqual(names);
      expect(filesUnder(dir)).toEqual(before);
      // Half of the renames were lost: the first file is there, the rest is not yet.
      if (shards === undefined) {
        const second = parts.map((part) => part.path).sort()[1]!;
        mkdirSync(join(second, '..'));
        renameSync(names[1]!, second);
        expect(await finish([parts])).toEqual(names);
        expect(filesUnder(dir)).toEqual(before);
      }
    }
  });

  it('names the temporary file that somebody took away', async () => {
    const dir = tempDir();
    const { writer, finish } = sink(join(dir, 'o'));
    const w = await writer();
    await w.bundle(['a']);
    renameSync(w.values[0]!.path, join(dir, 'stolen'));
    await expect(finish([w.values])).rejects.toThrow(/temporary file .* is gone/);
  });

  it('never shows bytes of a bundle that failed', async () => {
    const dir = tempDir();
    const { writer, finish } = sink(join(dir, 'o'));
    const w = await writer();
    await w.bundle(['good']);
    const long = 'x'.repeat(200_000);
    await expect(w.bundle([long, 7 as unknown as string])).rejects.toThrow(
      /writeText takes strings, not a value of type number/,
    );
    await finish([w.values]);
    expect(filesUnder(dir)).toEqual({ 'o-00000-of-00001.txt': 'good\n' });
  });

  it('writes an empty file where there was nothing, as many as were asked for', async () => {
    const dir = tempDir();
    expect(await sink(join(dir, 'one')).finish([[]])).toHaveLength(1);
    expect(await sink({ prefix: join(dir, 'two'), shards: 2, header: 'id' }).finish([[]])).toHaveLength(2);
    expect(filesUnder(dir)).toEqual({
      'one-00000-of-00001.txt': '',
      'two-00000-of-00002.txt': 'id\n',
      'two-00001-of-00002.txt': 'id\n',
    });
  });

  it('leaves nothing behind when the pipeline fails', async () => {
    const dir = tempDir();
    const { writer } = sink(join(dir, 'o'));
    const w = await writer();
    await w.bundle(['a']);
    expect(readdirSync(dir)).toHaveLength(1);
    await w.abort();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('lets two runs share a target: the files of one of them win, whole', async () => {
    const dir = tempDir();
    const { writer, finish } = sink(join(dir, 'o'));
    const [a, b] = [await writer(), await writer()];
    await a.bundle(['a', 'a']);
    await b.bundle(['b', 'b', 'b']);
    await Promise.all([finish([a.values]), finish([b.values])]);
    const files = filesUnder(dir);
    expect(Object.keys(files)).toEqual(['o-00000-of-00001.txt']);
    expect(['a\na\n', 'b\nb\nb\n']).toContain(files['o-00000-of-00001.txt']);
    expect(readdirSync(dir)).toHaveLength(1);
  });

  it('cleans what killed runs left, and only that', async () => {
    const dir = tempDir();
    const { writer } = sink(join(dir, 'o'));
    const mine = tempFolder({ folder: dir, base: 'o' }).split('-');
    const folder = (machine: string, pid: number | string, base = 'o') => {
      const path = join(dir, `.${base}.millrace-${machine}-${pid}-0123abcd`);
      mkdirSync(path);
      writeFileSync(join(path, 'part'), 'x');
      return path;
    };
    const machine = mine.at(-3)!;
    const noProcess = 2 ** 22 + 17;
    const dead = folder(machine, noProcess);
    const alive = folder(machine, process.ppid);
    const elsewhere = folder('00000000', noProcess);
    const otherTarget = folder(machine, noProcess, 'p');
    const w = await writer();
    expect([dead, alive, elsewhere, otherTarget].map((path) => existsSync(path))).toEqual([false, true, true, true]);
    expect(w.context.logs.join()).toContain(JSON.stringify(alive));
    expect(w.context.logs.join()).toContain(JSON.stringify(elsewhere));
  });

  it('refuses half characters', async () => {
    const { writer } = sink(join(tempDir(), 'o'));
    const w = await writer();
    await expect(w.bundle(['fine', 'half \ud83d here'])).rejects.toThrow(/half a surrogate pair[\s\S]*half/);
  });
});

describe('text output that cannot be', () => {
  it('is refused for a prefix that is no file name', () => {
    for (const prefix of ['out/', '/', '.', 'a/..', ''])
      expect(() => writeTextSettings(prefix)).toThrow(/prefix|file name/);
    expect(() => writeTextSettings({ prefix: 'a', suffix: '/x' })).toThrow(/suffix/);
    expect(() => writeTextSettings({ prefix: 'a', shards: 0 })).toThrow(/shards is 0/);
  });

  it('says that the folder is a file', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'file'), '');
    await expect(sink(join(dir, 'file/out')).writer()).rejects.toThrow(/is a file, not a folder/);
    await expect(sink(join(dir, 'file/deeper/out')).writer()).rejects.toThrow(/file, not a folder/);
  });

  it.runIf(existsSync('/proc/self'))('says so on a file system where no folder can be made', async () => {
    const write = async () => {
      const w = await sink('/proc/none/deeper/o').writer();
      await w.bundle(['a']);
    };
    await expect(write()).rejects.toThrow(/cannot (create|write) "\/proc/);
  });

  it('can be torn down when it was never set up', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'file'), '');
    const w = new Driver(new WriteLinesFn(writeTextSettings(join(dir, 'file/out')), true));
    await expect(w.setup()).rejects.toThrow(/not a folder/);
    await expect(w.abort()).resolves.toBeUndefined();
  });

  it('says that a folder stands where the file should go, and leaves nothing half-written', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'o-00000-of-00001.txt'));
    const { writer, finish } = sink({ prefix: join(dir, 'o'), shards: 1 });
    const controller = new AbortController();
    const [a, b] = [await writer(controller), await writer(controller)];
    await a.bundle(['a']);
    await b.bundle(['b']);
    await expect(finish([[...a.values, ...b.values]])).rejects.toThrow(/o-00000-of-00001.txt": it is a folder/);
    await a.abort();
    await b.abort();
    expect(readdirSync(dir)).toEqual(['o-00000-of-00001.txt']);
  });

  it.runIf(process.getuid?.() === 0)('says that it may not write there', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'locked'));
    chmodSync(join(dir, 'locked'), 0o555);
    chmodSync(dir, 0o755);
    const { writer } = sink(join(dir, 'locked/o'));
    process.seteuid!(65534);
    try {
      // Whether the early check sees it depends on the real user; the first write sees it in any case.
      const write = async () => (await writer()).bundle(['a']);
      await expect(write()).rejects.toThrow(/permission denied[\s\S]*HINT: check the permissions/);
    } finally {
      process.seteuid!(0);
    }
  });
});
