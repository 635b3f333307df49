import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { validatePlan } from '#millrace/sdk/model/validate-plan.js';
import { Workspace } from '../program/workspace.js';
import { cli, SHOUT } from './cli-run.js';

const workspace = () => new Workspace({ 'shout.ts': SHOUT });

describe('plan', () => {
  it('shows the plan, which is valid and the same each time', async () => {
    const w = workspace();
    const [one, two] = [
      await cli(['plan', w.path('shout.ts'), '--text=a']),
      await cli(['plan', w.path('shout.ts'), '--text=a']),
    ];
    expect(one).toMatchObject({ code: 0, err: '' });
    expect(two.out).toBe(one.out);
    const plan = JSON.parse(one.out);
    expect(plan.options.text).toBe('a');
    expect(validatePlan(plan).problems).toBeUndefined();
  });

  it('is the same where its module stands elsewhere', async () => {
    const [a, b] = [workspace(), new Workspace({ 'far/away/shout.ts': SHOUT })];
    expect((await cli(['plan', b.path('far/away/shout.ts')])).out).toBe((await cli(['plan', a.path('shout.ts')])).out);
  });

  it('runs with its bundle in another folder, without the sources and the cache', async () => {
    const w = new Workspace({
      'app/shout.ts': SHOUT.replace('.countPerElement()', ".map('say', (text) => { globalThis.said = text; })"),
    });
    expect((await cli(['plan', w.path('app/shout.ts'), '--text=moved', '--out', w.path('out/plan.json')])).code).toBe(
      0,
    );
    expect(
      readdirSync(w.path('out'))
        .map((name) => name.replace(/^[0-9a-f]{64}/, 'SHA256'))
        .sort(),
    ).toEqual(['SHA256.mjs', 'plan.json']);
    const elsewhere = new Workspace();
    cpSync(w.path('out'), elsewhere.path('there'), { recursive: true });
    rmSync(w.folder, { recursive: true });
    rmSync(process.env.MILLRACE_CACHE!, { recursive: true });
    const { code, err } = await cli(['run', elsewhere.path('there/plan.json')]);
    expect({ code, said: Reflect.get(globalThis, 'said') }, err).toEqual({ code: 0, said: 'MOVED' });
  });

  it('finds packages outside of its bundle in worker threads too', async () => {
    const module = `import { create, definePipeline } from 'millrace';
      import { PAssert } from 'millrace/testing';
      import { factor } from 'factory';
      export default definePipeline({
        name: 'x',
        build(p) {
          PAssert.that(p.apply('n', create([1, 2])).map('times', (n) => n * factor)).containsInAnyOrder([7, 14]);
        },
      });`;
    const w = new Workspace({
      'app/main.ts': module,
      'app/node_modules/factory/package.json': '{"name":"factory","version":"1.0.0"}',
      'app/node_modules/factory/index.js': "try { require('./gone.node'); } catch {} exports.factor = 7;",
    });
    const onThreads = ['--runner=worker-threads', '--threads=2'];
    const { code, err } = await cli([
      'run',
      w.path('app/main.ts'),
      ...onThreads,
      '--save-plan',
      w.path('app/plan.json'),
    ]);
    expect(code, err).toBe(0);
    const again = await cli(['run', w.path('app/plan.json'), ...onThreads]);
    expect(again.code, again.err).toBe(0);
  });

  it('is refused when its bundle was changed', async () => {
    const w = workspace();
    await cli(['plan', w.path('shout.ts'), '--out', w.path('out/plan.json')]);
    const name = readdirSync(w.path('out')).find((file) => file.endsWith('.mjs'))!;
    w.write(`out/${name}`, readFileSync(w.path(`out/${name}`), 'utf8').replace('toUpperCase', 'toLowerCase'));
    const { code, err } = await cli(['run', w.path('out/plan.json')]);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('PROGRAM_BUNDLE_CHANGED') });
  });
});

describe('validate', () => {
  it('says what a plan consists of', async () => {
    const w = new Workspace({ 'named.ts': SHOUT.replace('countPerElement()', "countPerElement('count')") });
    const { code, out, err } = await cli(['validate', w.path('named.ts')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^shout is valid: \d+ transforms, \d+ PCollections\n$/);
  });

  it('warns of steps that group under a name that nobody chose', async () => {
    const w = workspace();
    const { code, err } = await cli(['validate', w.path('shout.ts')]);
    expect(code).toBe(0);
    expect(err).toMatch(/warn {2}the step groups, and its name is automatic.* step=\S+ source=\S+shout\.ts:17:8/);
    expect(err.match(/warn/g)).toHaveLength(1);
  });
});

describe('explain', () => {
  it('shows stages, what is fused in them, and coders', async () => {
    const { code, out } = await cli(['explain', workspace().path('shout.ts')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^shout\n\nstage 1 \(one task\)\n/);
    expect(out).toMatch(/segment: .*shout/);
    expect(out).toMatch(/← .* \(kv<key, \w+>\) from .*, hash/);
  });
});

describe('graph', () => {
  it('draws steps, boxes and arrows', async () => {
    const { code, out } = await cli(['graph', workspace().path('shout.ts')]);
    expect(code).toBe(0);
    const lines = out.trim().split('\n');
    expect(lines[0]).toBe('flowchart TD');
    const node = (label: string) => new RegExp(`(n\\d+)\\["${label}"\\]`).exec(out)![1];
    expect(out).toContain(`  ${node('Values')} --> ${node('shout')}\n`);
    expect(lines.filter((line) => line.includes('subgraph')).length).toBe(
      lines.filter((line) => line.trim() === 'end').length,
    );
  });
});

it('the version and the help are no errors', async () => {
  expect(await cli(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  for (const command of ['run', 'plan', 'validate', 'explain', 'graph', 'worker-pool']) {
    expect(await cli([command, '--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Usage: millrace ${command}`),
    });
  }
});
