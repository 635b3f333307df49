import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { MillraceError, type Plan } from 'millrace';
import { describe, expect, it } from 'vitest';
import { bundleModule } from '#millrace/runners/program/bundle.js';
import { sha256 } from '#millrace/runners/program/bundle-cache.js';
import { loadProgram } from '#millrace/runners/program/load.js';
import { validatePlan } from '#millrace/sdk/model/validate-plan.js';
import { Workspace } from './workspace.js';

const SHOUT = `import { create, definePipeline, option } from 'millrace';
import { shout } from './lib/shout.js';

export default definePipeline({
  name: 'shout',
  options: { text: option.string({ default: 'hello' }), times: option.integer({ optional: true }) },
  build(p, { text, times }) {
    p.apply('texts', create(Array.from({ length: times ?? 1 }, () => text)))
      .map('shout', shout)
      .keyBy('key', (shouted) => shouted)
      .countPerKey('count');
  },
});
`;
const LIBRARY = "const mark = '!';\nexport const shout = (text: string): string => text.toUpperCase() + mark;\n";
const FILES = { 'main.ts': SHOUT, 'lib/shout.ts': LIBRARY };

async function bundleOf(w: Workspace, external: readonly string[] = []) {
  return bundleModule(w.path('main.ts'), { ...w, external });
}

async function failure(promise: Promise<unknown>): Promise<MillraceError> {
  const error = await promise.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(MillraceError);
  return error as MillraceError;
}

describe('a program', () => {
  it('has the plan of its builder, with the lines of its source', async () => {
    const w = new Workspace(FILES);
    const bundle = await bundleOf(w);
    const { plan, definition } = await loadProgram({ bundle, options: { text: 'hi', times: '2' } });
    expect(definition.name).toBe('shout');
    expect(plan.options).toEqual({ text: 'hi', times: 2 });
    expect(plan.components.environments.node).toMatchObject({ payload: { bundle: bundle.sha256, export: 'default' } });
    expect(plan.displayData?.shout).toEqual({ source: 'main.ts:9:8' });
    expect(validatePlan(plan).problems).toBeUndefined();
  });

  it('has its functions, closures and imports with them', async () => {
    const w = new Workspace(FILES);
    const { plan, resolver } = await loadProgram({ bundle: await bundleOf(w) });
    const shout = resolver.resolve(functionOf(plan, 'shout')) as (text: string) => string;
    expect(shout('hi')).toBe('HI!');
  });

  it('is built to the same plan in another process, from data alone', async () => {
    const w = new Workspace(FILES);
    const bundle = await bundleOf(w);
    const { plan } = await loadProgram({ bundle, options: { text: 'hi' } });
    const elsewhere = new Workspace();
    const copy = { path: elsewhere.path(`${bundle.sha256}.mjs`), sha256: bundle.sha256 };
    copyFileSync(bundle.path, copy.path);
    const again = await loadProgram({ bundle: copy, expectedPlan: JSON.parse(JSON.stringify(plan)) });
    const shout = again.resolver.resolve(functionOf(again.plan, 'shout')) as (text: string) => string;
    expect(shout('hi')).toBe('HI!');
  });

  it('finds packages outside of its bundle where it runs', async () => {
    const w = new Workspace({
      'main.ts': `import { create, definePipeline } from 'millrace';
        import { factor } from 'factory';
        export default definePipeline({ name: 'x', build(p) { p.apply('n', create([factor])).map('times', (n) => n * factor); } });`,
      'node_modules/factory/package.json': '{"name":"factory","version":"1.0.0","main":"index.js"}',
      'node_modules/factory/index.js': 'exports.factor = 7;',
    });
    const bundle = await bundleOf(w, ['factory']);
    const { plan, resolver } = await loadProgram({ bundle });
    expect((resolver.resolve(functionOf(plan, 'times')) as (n: number) => number)(6)).toBe(42);
    const error = await failure(loadProgram({ bundle: { ...bundle, sourceFolder: new Workspace().folder } }));
    expect(error).toMatchObject({
      code: 'PROGRAM_EXTERNAL_MISSING',
      hint: expect.stringContaining('npm install factory'),
    });
  });
});

describe('a bundle that is not the right one', () => {
  it('was changed', async () => {
    const w = new Workspace(FILES);
    const bundle = await bundleOf(w);
    writeFileSync(bundle.path, `${readFileSync(bundle.path, 'utf8')}\n`);
    expect(await failure(loadProgram({ bundle }))).toMatchObject({ code: 'PROGRAM_BUNDLE_CHANGED' });
  });

  it('is gone', async () => {
    const w = new Workspace();
    const bundle = { path: w.path('gone.mjs'), sha256: '0'.repeat(64) };
    expect(await failure(loadProgram({ bundle }))).toMatchObject({ code: 'PROGRAM_BUNDLE_MISSING' });
  });

  it.each([
    ['is a module of anyone', 'export default 1;', 'PROGRAM_NOT_A_BUNDLE'],
    ['has a manifest that is none', 'export default 1;\n// millrace-bundle {"millrace":1}\n', 'PROGRAM_NOT_A_BUNDLE'],
    ['is of another version', bundleText({ millrace: '9.3.1' }), 'PROGRAM_VERSION_MISMATCH'],
    ['wants a module that is not there', bundleText({ modules: ['millrace/../../etc'] }), 'MODULE_UNKNOWN'],
    ['wants a file as a module', bundleText({ modules: ['/etc/passwd'] }), 'MODULE_UNKNOWN'],
  ])('%s', async (_, text, code) => {
    const w = new Workspace();
    const bundle = { path: w.write('b.mjs', text), sha256: sha256(text) };
    expect(await failure(loadProgram({ bundle }))).toMatchObject({ code, kind: 'options' });
  });

  function bundleText(changes: object): string {
    const manifest = { millrace: '0.1.0', modules: [], external: [], native: [], ...changes };
    return `export default 1;\n// millrace-bundle ${JSON.stringify(manifest)}\n`;
  }
});

describe('a module that holds no pipeline to run', () => {
  const define = (name: string) => `definePipeline({ name: '${name}', build(p) { p.apply('n', create([1])); } })`;
  const IMPORT = "import { create, definePipeline } from 'millrace';\n";

  it.each<[string, string, string | undefined, string, readonly string[]]>([
    ['exports nothing', 'globalThis.x = 1;', undefined, 'PROGRAM_NO_PIPELINE', ['exports nothing']],
    [
      'exports something else',
      'export const a = 1; export class B {}',
      undefined,
      'PROGRAM_NO_PIPELINE',
      ['a (number)', 'B (function)'],
    ],
    [
      'exports several',
      `${IMPORT}export const a = ${define('a')}, b = ${define('b')};`,
      undefined,
      'PROGRAM_SEVERAL_PIPELINES',
      ['a, b', '--export a'],
    ],
    [
      'has another name for it',
      `${IMPORT}export const a = ${define('a')};`,
      'b',
      'PROGRAM_NO_PIPELINE',
      ["named 'b'", 'pipelines are: a'],
    ],
    [
      'throws',
      '\n  throw new TypeError("not today");',
      undefined,
      'PROGRAM_MODULE_THREW',
      ['TypeError: not today', 'main.ts:2:9'],
    ],
    ['throws what is no error', 'throw 5;', undefined, 'PROGRAM_MODULE_THREW', ['cause: 5']],
    ['throws deep inside', "import './deep.js';", undefined, 'PROGRAM_MODULE_THREW', ['deep.ts:2:27']],
  ])('%s', async (_, text, exportName, code, parts) => {
    const w = new Workspace({
      'main.ts': text,
      'deep.ts': 'const f = () => {\n  return JSON.stringify(1n, undefined, 2) +\n null!;\n};\nf();',
    });
    const error = await failure(loadProgram({ bundle: await bundleOf(w), exportName }));
    expect(error.code).toBe(code);
    for (const part of parts.filter((p) => !p.startsWith('deep.ts'))) expect(error.message).toContain(part);
    if (text.includes('deep')) expect(error.source).toMatch(/deep\.ts:2:\d+$/);
  });

  it('takes the default export, the only one, or the one that is asked for', async () => {
    const w = new Workspace({ 'main.ts': `${IMPORT}export const a = ${define('a')};\nexport default ${define('d')};` });
    const bundle = await bundleOf(w);
    expect((await loadProgram({ bundle })).plan.name).toBe('d');
    const { plan } = await loadProgram({ bundle, exportName: 'a' });
    expect(plan.name).toBe('a');
    expect((await loadProgram({ bundle, expectedPlan: plan })).plan.name).toBe('a');
  });
});

describe('a builder', () => {
  const pipeline = (body: string) => `import { create, definePipeline } from 'millrace';
declare const globalThis: { counter?: number; flag?: boolean };
export default definePipeline({
  name: 'x',
  build(p) {
    ${body}
  },
});`;

  it('that throws is named with its line', async () => {
    const w = new Workspace({ 'main.ts': pipeline('p.nonsense();') });
    const error = await failure(loadProgram({ bundle: await bundleOf(w) }));
    expect(error).toMatchObject({
      code: 'PROGRAM_BUILDER_THREW',
      kind: 'function',
      source: `${w.path('main.ts')}:6:7`,
    });
    expect(error.message).toContain('p.nonsense is not a function');
  });

  it('that uses a name twice is told the line as the reader knows it', async () => {
    const w = new Workspace({ 'main.ts': pipeline("p.apply('n', create([1]));\n    p.apply('n', create([1]));") });
    const error = await failure(loadProgram({ bundle: await bundleOf(w) }));
    expect(error).toMatchObject({ code: 'PLAN_DUPLICATE_STEP', source: `${w.path('main.ts')}:7:7` });
  });

  it('that gets wrong options is not run', async () => {
    const w = new Workspace(FILES);
    const error = await failure(loadProgram({ bundle: await bundleOf(w), options: { times: 'many', txt: 'x' } }));
    expect(error).toMatchObject({ code: 'OPTIONS_INVALID', kind: 'options' });
    for (const part of ['--times', 'whole number', '--txt', 'did you mean --text'])
      expect(error.message).toContain(part);
  });

  it.each<[string, string, string, string | undefined]>([
    ['a step more', "if (n > 1) p.apply('more', create([1]));", 'is new', 'more'],
    ['a step less', "if (n === 1) p.apply('less', create([1]));", 'is not there any more', 'less'],
    ['other elements', "p.apply('elements', create([n]));", 'has another payload', 'elements/Values'],
    [
      'another function',
      "p.apply('n', create([1])).map('fn', n > 1 ? (x) => x : (x) => x + 1);",
      'has a function with another text',
      'fn',
    ],
    [
      'another input',
      "const a = p.apply('a', create([1])), b = p.apply('b', create([2])); (n > 1 ? a : b).map('fn', (x) => x);",
      'has other inputs',
      'fn',
    ],
    [
      'another kind',
      "const a = p.apply('a', create([1])); n > 1 ? a.map('fn', () => true) : a.filter('fn', () => true);",
      'has another payload',
      'fn',
    ],
  ])('that makes %s the next time is refused', async (_, body, what, step) => {
    const w = new Workspace({
      'main.ts': pipeline(`const n = (globalThis.counter = (globalThis.counter ?? 0) + 1);\n${body}`),
    });
    const bundle = await bundleOf(w);
    Reflect.deleteProperty(globalThis, 'counter');
    const { plan } = await loadProgram({ bundle });
    const error = await failure(loadProgram({ bundle, expectedPlan: plan }));
    expect(error).toMatchObject({ code: 'PLAN_REBUILD_DIFFERS', step, source: expect.stringContaining('main.ts:7') });
    expect(error.summary).toContain(what);
  });

  it('whose plan was tampered with is refused', async () => {
    const w = new Workspace(FILES);
    const bundle = await bundleOf(w);
    const { plan } = await loadProgram({ bundle, options: { text: 'hi' } });
    const other = JSON.parse(JSON.stringify(plan).replace('"text":"hi"', '"text":"ho"')) as Plan;
    const error = await failure(loadProgram({ bundle, expectedPlan: other }));
    expect(error).toMatchObject({ code: 'PLAN_REBUILD_DIFFERS', step: 'texts/Values' });
  });
});

function functionOf(plan: Plan, id: string) {
  const payload = plan.components.transforms[id]!.spec!.payload as unknown as {
    readonly doFn: {
      readonly payload: { readonly fn: Parameters<Awaited<ReturnType<typeof loadProgram>>['resolver']['resolve']>[0] };
    };
  };
  return payload.doFn.payload.fn;
}
