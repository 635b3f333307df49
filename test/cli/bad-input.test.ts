import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { samplePlan } from '../plan/sample-plan.js';
import { Workspace } from '../program/workspace.js';
import { cli, FakeRunner, SHOUT } from './cli-run.js';

/** Runs a command that must be refused: quickly, with 2, and with these words. */
async function refused(args: readonly string[], words: readonly string[]): Promise<string> {
  const start = performance.now();
  const { code, err, out } = await cli(args);
  expect(code, err).toBe(2);
  expect(out).toBe('');
  for (const word of words) expect(err).toContain(word);
  expect(performance.now() - start).toBeLessThan(10_000);
  return err;
}

describe('a wrong command', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['none', [], ['Usage: millrace', 'worker-pool']],
    ['an unknown one', ['rnu'], ["unknown command 'rnu'", 'Did you mean run?']],
    ['run without a program', ['run'], ['there is no module or plan', 'millrace run MODULE']],
    ['options before the program', ['run', '--text', 'x', 'a.ts'], ['comes before --text']],
    ['a file that is not there', ['run', 'gone.ts'], ['PROGRAM_NOT_FOUND', 'gone.ts']],
    ['a file of another kind', ['run', 'LICENSE'], ['PROGRAM_NOT_A_MODULE', '.ts']],
    ['a folder', ['run', 'docs'], ['PROGRAM_NOT_A_MODULE', 'not a file']],
    [
      'an unknown runner',
      ['run', 'a.ts', '--runner=dirct'],
      ['RUNNER_UNKNOWN', 'did you mean direct', 'worker-threads', 'remote'],
    ],
    ['a setting of another runner', ['run', 'a.ts', '--threads=2'], ['direct has no --threads', '--epoch-interval']],
    ['a missing setting', ['run', 'a.ts', '--runner=remote'], ['needs --endpoint <host:port>']],
    ['a number that is none', ['run', 'a.ts', '--threads=two'], ['--threads <n>', "'two'", 'whole number']],
    ['a time that is none', ['run', 'a.ts', '--epoch-interval=soon'], ["'soon'", 'span of time']],
    ['a word that is none of the choices', ['run', 'a.ts', '--log-format=xml'], ["'xml'", 'text, json']],
    [
      'an unknown option of worker-pool',
      ['worker-pool', '--prot=1'],
      ["unknown option '--prot=1'", 'Did you mean --port?'],
    ],
    ['a port that is none', ['worker-pool', '--port=70000'], ["'70000'", 'from 0 to 65535']],
    ['an open worker pool', ['worker-pool', '--host=0.0.0.0'], ['REMOTE_POOL_OPEN', 'token']],
  ])('%s', async (_, args, words) => {
    await refused(args, words);
  });
});

describe('wrong options of a pipeline', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      'unknown, but like one',
      ['--txt=x'],
      ['--txt is not an option: did you mean --text?', '--times, --loud', '--runner'],
    ],
    ['unknown, but like one of the command', ['--threds=2'], ['did you mean --threads?']],
    ['of the wrong type', ['--times=many'], ['OPTIONS_INVALID', '--times is a whole number, not "many"']],
    ['not one of the choices', ['--from=middle'], ['--from is one of latest, earliest']],
    ['several at once', ['--times=x', '--loud=perhaps'], ['--times', '--loud is true or false']],
    ['given twice', ['--text=a', '--text=b'], ['--text is a text, not ["a","b"]']],
    ['that are no options', ['hello'], ["what is 'hello'?"]],
    ['with one dash', ['-text'], ["what is '-text'?"]],
    [
      'named like what objects have',
      ['--__proto__=1', '--constructor=2'],
      ['--__proto__ is not an option', '--constructor'],
    ],
  ])('%s', async (_, options, words) => {
    const w = new Workspace({ 'shout.ts': SHOUT });
    await refused(['run', w.path('shout.ts'), ...options], words);
  });

  it('missing ones are named with what they mean', async () => {
    const w = new Workspace({ 'shout.ts': SHOUT.replace(", default: 'hello'", '') });
    await refused(['run', w.path('shout.ts')], ['--text is missing: what to shout (a text)']);
  });
});

describe('wrong modules', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'do not compile',
      'export default definePipeline(;',
      ['PROGRAM_DOES_NOT_COMPILE', 'm.ts:1:30', 'definePipeline(;'],
    ],
    ['throw', 'throw new RangeError("no");', ['PROGRAM_MODULE_THREW', 'cause: RangeError: no', 'source: ', 'm.ts:1:7']],
    ['hold no pipeline', 'export const a = 1;', ['PROGRAM_NO_PIPELINE', 'a (number)', 'definePipeline']],
    [
      'have a builder that throws',
      SHOUT.replace('p.apply', 'q.apply'),
      ['PROGRAM_BUILDER_THREW', 'q is not defined', 'm.ts:12:5'],
    ],
    ['read the clock', SHOUT.replace('p.apply', 'Date.now(); p.apply'), ['PLAN_IMPURE_BUILDER', 'Date.now', 'HINT']],
    [
      'name two steps the same',
      SHOUT.replace("'shout', (", "'texts', ("),
      ['PLAN_DUPLICATE_STEP', '/m.ts:12:7', '/m.ts:13:8'],
    ],
  ])('%s', async (_, text, words) => {
    const w = new Workspace({ 'm.ts': text });
    await refused(['run', w.path('m.ts')], words);
  });

  it('have no export of that name', async () => {
    const w = new Workspace({ 'm.ts': SHOUT });
    await refused(
      ['run', w.path('m.ts'), '--export=other'],
      ["no pipeline named 'other'", 'its pipelines are: default'],
    );
  });
});

describe('wrong plans', () => {
  const plan = (change: (plan: ReturnType<typeof samplePlan>) => void): string => {
    const sample = samplePlan();
    change(sample);
    return JSON.stringify(sample);
  };
  it.each<[string, string, readonly string[]]>([
    ['nothing', '', ['PLAN_NOT_JSON', 'begins with ""']],
    ['text', 'apiVersion: 1', ['PLAN_NOT_JSON', '"apiVersion: 1"']],
    ['half a plan', '{"formatVersion":"1.0","name"', ['PLAN_NOT_JSON']],
    [
      'JSON of another kind',
      '{"a":1}',
      ['PLAN_INVALID', '7 problems', '$.components: is missing', '$.a: is not a field'],
    ],
    [
      'another version',
      plan((p) => Object.assign(p, { formatVersion: '2.0' })),
      ['formatVersion', 'expected 1.x', 'got "2.0"'],
    ],
    ['a text of bytes', '\u0000\u0001\u001b[31m', ['PLAN_NOT_JSON', '"\\u0000\\u0001\\u001b[31m"', '\\x1b[31m']],
    ['a bundle that is elsewhere', plan(() => undefined), ['PROGRAM_BUNDLE_MISSING', 'abab.mjs']],
    [
      'two wrong things',
      plan((p) => {
        p.rootTransformIds.push('x');
        p.components.coders.value.spec.urn = 'millrace:coder:x:v1';
      }),
      ['2 problems', '$.rootTransformIds[9]', '$.components.coders.value.spec.urn'],
    ],
    [
      'a circle',
      plan((p) => {
        p.components.transforms.both.inputs['1'] = 'key-out';
      }),
      ['flows in a circle through window, key, both, window'],
    ],
    [
      'keys that change prototypes',
      plan(() => undefined).replace('"options":{', '"options":{"__proto__":{"a":1},'),
      ['$.options.__proto__'],
    ],
  ])('%s', async (_, text, words) => {
    const w = new Workspace({ 'plan.json': text });
    await refused(['run', w.path('plan.json')], words);
  });

  it('a file that is not there, and a folder', async () => {
    const w = new Workspace();
    mkdirSync(w.path('folder.json'));
    await refused(['run', w.path('gone.json')], ['PLAN_NOT_FOUND']);
    await refused(['run', w.path('folder.json')], ['PLAN_NOT_FOUND', 'is not a file']);
  });

  it('megabytes of garbage', async () => {
    const w = new Workspace();
    writeFileSync(w.path('big.json'), Buffer.alloc(17 * 1024 * 1024, '['));
    await refused(['validate', w.path('big.json')], ['PLAN_TOO_LARGE', '17 MB', '16 MB']);
    writeFileSync(w.path('noise.json'), Buffer.alloc(8 * 1024 * 1024, '[{"a":'));
    await refused(['validate', w.path('noise.json')], ['PLAN_NOT_JSON']);
  });

  it('options or an export for a plan, which has them', async () => {
    const w = new Workspace({ 'plan.json': plan(() => undefined) });
    await refused(['run', w.path('plan.json'), '--text=x'], ['OPTIONS_OF_PLAN', '--text cannot be set']);
    await refused(['run', w.path('plan.json'), '--export=x'], ['OPTIONS_OF_PLAN']);
  });

  it('code in names and payloads stays text, on the terminal too', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code that must stay text.
    const name = '`${process.exit(3)}`"); globalThis.pwned = 1; //';
    const evil = plan((p) => {
      p.name = name;
      p.components.transforms.foreign.uniqueName = `${name} </script>"] --> n9["x`;
      p.components.transforms.foreign.spec.payload = { eval: name };
    });
    const w = new Workspace({ 'plan.json': evil });
    const checked = await cli(['validate', w.path('plan.json')]);
    expect(checked).toMatchObject({ code: 0, out: expect.stringContaining(name) });
    const drawn = await cli(['graph', w.path('plan.json')]);
    expect(drawn.code).toBe(0);
    expect(drawn.out).not.toContain('</script>');
    expect(drawn.out).not.toContain('"]  -->');
    expect(Reflect.get(globalThis, 'pwned')).toBeUndefined();
  });
});

it('nothing half-written is left behind', async () => {
  const w = new Workspace({ 'm.ts': SHOUT, file: '' });
  const { code, err } = await cli(['plan', w.path('m.ts'), '--out', w.path('file/plan.json')]);
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('PLAN_NOT_WRITTEN') });
  mkdirSync(w.path('taken/plan.json'), { recursive: true });
  expect((await cli(['plan', w.path('m.ts'), '--out', w.path('taken/plan.json')])).code).toBe(2);
  expect(readdirSync(w.path('taken')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

it('a runner that fails inside is an error of ours, with a hint', async () => {
  const w = new Workspace({ 'm.ts': SHOUT });
  const fake = new FakeRunner(new TypeError('x is not a function'));
  const { code, err } = await cli(['run', w.path('m.ts'), '--runner=fake'], { runners: [fake.entry] });
  expect(code).toBe(1);
  for (const part of ['error INTERNAL', 'x is not a function', 'HINT: this is a bug']) expect(err).toContain(part);
});
