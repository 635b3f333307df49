import { describe, expect, it } from 'vitest';
import { validatePlan } from '#millrace/sdk/model/validate-plan.js';
import { formatProblem, type PlanProblem } from '#millrace/sdk/model/validation/problem.js';
import { type Loose, samplePlan } from './sample-plan.js';

const problemsOf = (json: unknown): readonly PlanProblem[] => validatePlan(json).problems ?? [];

/**
 * The sample plan with changes: dotted path → new value, where `undefined` takes the value away. Paths begin in
 * `components` when their first part is one of its kinds.
 */
function changed(changes: Readonly<Record<string, unknown>>): Loose {
  const plan = samplePlan();
  for (const [path, value] of Object.entries(changes)) {
    const parts = path.split('.');
    const last = parts.pop()!;
    const start = Object.hasOwn(plan.components, parts[0] ?? last) ? plan.components : plan;
    const target = parts.reduce((at, part) => at[part], start);
    if (value === undefined) delete target[last];
    else target[last] = value;
  }
  return plan;
}
const transforms = (plan: Loose) => plan.components.transforms;
const { 'words-out': wordsOut } = samplePlan().components.pcollections;

describe('a valid plan', () => {
  it('comes back as it was', () => {
    const { plan, problems } = validatePlan(samplePlan());
    expect(problems).toBeUndefined();
    expect(JSON.stringify(plan)).toBe(JSON.stringify(samplePlan()));
  });

  it('comes back without prototypes, at every depth', () => {
    const { plan } = validatePlan(samplePlan());
    expect(Object.getPrototypeOf(plan!.components.transforms)).toBeNull();
    expect(Object.getPrototypeOf(plan!.options.password)).toBeNull();
    expect((plan!.components.transforms as Loose).constructor).toBeUndefined();
  });

  it('may name its steps and options like the members of every object', () => {
    const plan = samplePlan();
    transforms(plan).constructor = { ...transforms(plan).foreign, uniqueName: 'constructor' };
    plan.rootTransformIds.push('constructor');
    plan.options.toString = 'text';
    expect(problemsOf(plan)).toEqual([]);
  });

  it('keeps opaque payloads, annotations and names that look like code', () => {
    const plan = samplePlan();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code that must stay text.
    plan.name = '${process.exit(1)}`);require("fs")//<script>';
    transforms(plan).foreign.uniqueName = "');process.exit(1);//";
    transforms(plan).foreign.spec.payload = { deep: [{ $any: null }, 1.5, 'x'] };
    const { plan: read } = validatePlan(plan);
    expect(JSON.stringify(read)).toBe(JSON.stringify(plan));
  });
});

describe('one problem', () => {
  it.each<[string, Readonly<Record<string, unknown>>, Partial<PlanProblem>]>([
    ['another major version', { formatVersion: '2.0' }, { path: '$.formatVersion', expected: '1.x', got: '"2.0"' }],
    ['no version', { formatVersion: undefined }, { path: '$.formatVersion', got: 'nothing' }],
    ['a version that is a number', { formatVersion: 1 }, { path: '$.formatVersion', got: '1' }],
    ['an empty name', { name: '' }, { path: '$.name' }],
    ['a name with a line break', { 'transforms.foreign.uniqueName': 'a\nb' }, { got: '"a\\nb"' }],
    ['no roots', { rootTransformIds: undefined }, { path: '$.rootTransformIds', message: 'is missing' }],
    ['an unknown field', { extra: 1 }, { path: '$.extra' }],
    [
      'an unknown field of a step',
      { 'transforms.words.x': 1 },
      { path: '$.components.transforms.words.x', step: 'words' },
    ],
    [
      'an unknown coder',
      { 'pcollections.key-out.coderId': 'x' },
      { path: '$.components.pcollections.key-out.coderId', step: 'key', source: 'main.ts:9:7', got: '"x"' },
    ],
    ['an unknown strategy', { 'pcollections.key-out.windowingStrategyId': 'x' }, { step: 'key' }],
    ['an unknown environment', { 'transforms.words.environmentId': 'x' }, { step: 'words' }],
    [
      'an unknown part',
      { 'transforms.count.subtransforms.2': 'x' },
      { path: '$.components.transforms.count.subtransforms[2]' },
    ],
    ['an unknown root', { 'rootTransformIds.9': 'x' }, { path: '$.rootTransformIds[9]' }],
    ['an unknown window coder', { 'windowingStrategies.fixed.windowCoderId': 'x' }, { step: 'window' }],
    ['an unknown component', { 'coders.pair.componentCoderIds.1': 'x' }, { step: 'key' }],
    [
      'an unknown accumulator coder',
      { 'transforms.count-combine.spec.payload.accumulatorCoderId': 'x' },
      { step: 'count/Combine' },
    ],
    ['an unknown restriction coder', { 'transforms.read.spec.payload.restrictionCoderId': 'x' }, { step: 'read' }],
    ['a display of nothing', { 'displayData.x': {} }, { path: '$.displayData.x' }],
    ['a bad id', { 'coders.a b': { spec: { urn: 'beam:coder:bytes:v1' } } }, { path: '$.components.coders["a b"]' }],
    [
      'a name used twice',
      { 'transforms.foreign.uniqueName': 'read' },
      { path: '$.components.transforms.foreign.uniqueName' },
    ],
    [
      'a PCollection with two producers',
      { 'transforms.words.outputs.more': 'key-out' },
      { message: 'the PCollection already has a producer: words' },
    ],
    [
      'a PCollection without a producer',
      { 'pcollections.x': { ...wordsOut, uniqueName: 'x' }, 'transforms.foreign.inputs.x': 'x' },
      { message: 'nothing produces this PCollection', step: 'foreign' },
    ],
    [
      'a composite that makes something up',
      { 'pcollections.x': { ...wordsOut, uniqueName: 'x' }, 'transforms.lines.outputs.x': 'x' },
      { message: 'no part of the composite produces this PCollection', step: 'lines' },
    ],
    [
      'outputs of a transform that does nothing',
      { 'pcollections.x': { ...wordsOut, uniqueName: 'x' }, 'transforms.nothing.outputs.x': 'x' },
      { message: 'no part of the composite produces this PCollection', step: 'nothing' },
    ],
    [
      'a flow in a circle',
      { 'transforms.both.inputs.1': 'key-out' },
      { message: 'the data flows in a circle through window, key, both, window' },
    ],
    [
      'a coder inside itself',
      { 'coders.values.componentCoderIds': ['grouped'] },
      { message: 'the coder is a component of itself' },
    ],
    ['a transform in two places', { 'rootTransformIds.9': 'count-group' }, { got: '"count-group"' }],
    [
      'a transform in no place',
      { 'transforms.lost': { uniqueName: 'lost', inputs: {}, outputs: {} } },
      { message: 'is neither a root nor a part of a composite', step: 'lost' },
    ],
    ['an unknown requirement', { 'requirements.1': 'beam:requirement:x:v1' }, { path: '$.requirements[1]' }],
    ['a missing requirement', { requirements: [] }, { path: '$.requirements' }],
    [
      'an unknown DoFn of ours',
      { 'transforms.words.spec.payload.doFn.urn': 'millrace:do_fn:map:v9' },
      { path: '$.components.transforms.words.spec.payload.doFn.urn', step: 'words' },
    ],
    ['an unknown transform of ours', { 'transforms.foreign.spec.urn': 'millrace:transform:x:v1' }, { step: 'foreign' }],
    [
      'an unknown coder of ours',
      { 'coders.value.spec.urn': 'millrace:coder:x:v1' },
      { path: '$.components.coders.value.spec.urn' },
    ],
    [
      'an unknown environment of ours',
      { 'environments.more': { urn: 'millrace:env:x:v1' } },
      { path: '$.components.environments.more.urn' },
    ],
    [
      'a ParDo without a DoFn',
      { 'transforms.words.spec.payload': {} },
      { path: '$.components.transforms.words.spec.payload.doFn', message: 'is missing' },
    ],
    [
      'an impulse with a payload',
      { 'transforms.lines-impulse.spec.payload': 1 },
      { path: '$.components.transforms.lines-impulse.spec.payload' },
    ],
    [
      'elements that are not base64',
      { 'transforms.lines-create.spec.payload.doFn.payload.elements.0': '!' },
      { expected: 'base64' },
    ],
    ['bytes that are not base64', { 'transforms.foreign.spec.payload.$bytes': 'A' }, { expected: 'base64' }],
    [
      'timestamps that do not match',
      { 'transforms.lines-create.spec.payload.doFn.payload.timestamps': [1] },
      { expected: '2', got: '1' },
    ],
    ['a function of no kind', { 'transforms.words.spec.payload.doFn.payload.fn.kind': 'eval' }, { got: '"eval"' }],
    [
      'a function of an unknown step',
      { 'transforms.words.spec.payload.doFn.payload.fn.step': 'elsewhere' },
      { got: '"elsewhere"' },
    ],
    [
      'a function without an environment',
      { 'transforms.words.environmentId': undefined },
      { path: '$.components.transforms.words.environmentId' },
    ],
    [
      'a window of no size',
      { 'transforms.window.spec.payload.windowFn.payload': { sizeMs: 0, offsetMs: 0 } },
      { expected: 'at least 1' },
    ],
    [
      'a trigger of no kind',
      { 'windowingStrategies.fixed.trigger.subtrigger.lateFirings.kind': 'soon' },
      { path: '$.components.windowingStrategies.fixed.trigger.subtrigger.lateFirings.kind' },
    ],
    ['a negative lateness', { 'windowingStrategies.fixed.allowedLatenessMs': -1 }, { got: '-1' }],
    [
      'a pair of one',
      { 'coders.pair.componentCoderIds': ['value'] },
      { path: '$.components.coders.pair.componentCoderIds' },
    ],
    [
      'a grouping of what has no keys',
      { 'pcollections.key-out.coderId': 'value', 'transforms.count.spec': undefined },
      { message: 'the input has no keys' },
    ],
    [
      'another tag',
      { 'transforms.window.outputs': { out: 'window-out' } },
      { path: '$.components.transforms.window.outputs' },
    ],
    [
      'a side input that is not declared',
      { 'transforms.words.inputs.side': 'lines-out' },
      { path: '$.components.transforms.words.inputs' },
    ],
    [
      'a bundle that is a path',
      { 'environments.node.payload.bundle': '../../etc/passwd' },
      { path: '$.components.environments.node.payload.bundle' },
    ],
  ])('%s', (_, changes, expected) => {
    const problems = problemsOf(changed(changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject(expected);
  });

  it('an unknown input, in a line of text', () => {
    const problems = problemsOf(changed({ 'transforms.read.inputs.main': 'x' }));
    expect(problems).toMatchObject([
      { path: '$.components.transforms.read.inputs.main', step: 'read', source: 'main.ts:3:5', got: '"x"' },
    ]);
    expect(formatProblem(problems[0]!)).toMatch(
      /^\$\.components\.transforms\.read\.inputs\.main: there is no PCollection with this id \(expected an id of pcollections \([\w, -]+ … \(9\)\); got "x"\) \[step read, main\.ts:3:5\]$/,
    );
  });
});

describe('many problems', () => {
  it('are all listed', () => {
    const problems = problemsOf(
      changed({
        name: 5,
        'transforms.read.inputs.main': 'x',
        'transforms.words.spec.payload.doFn.urn': 'millrace:do_fn:map:v9',
        'requirements.1': 'beam:requirement:x:v1',
        'coders.values.componentCoderIds': ['grouped'],
      }),
    );
    expect(problems.map((p) => p.path).sort()).toEqual([
      '$.components.coders.values.componentCoderIds',
      '$.components.transforms.read.inputs.main',
      '$.components.transforms.words.spec.payload.doFn.urn',
      '$.name',
      '$.requirements[1]',
    ]);
  });

  it('find a composite that holds itself', () => {
    const problems = problemsOf(
      changed({
        'transforms.a': { uniqueName: 'a', subtransforms: ['b'], inputs: {}, outputs: {} },
        'transforms.b': { uniqueName: 'b', subtransforms: ['a'], inputs: {}, outputs: {} },
      }),
    );
    const message = 'the composite is a part of itself';
    expect(problems).toMatchObject([
      { step: 'a', message },
      { step: 'b', message },
    ]);
  });
});

describe('what is no plan at all', () => {
  it.each([
    [null],
    [5],
    ['text'],
    [[]],
    [[[]]],
    [{}],
    [{ components: [] }],
    [{ components: { transforms: { a: 5 } } }],
    [undefined],
    [() => 1],
    [{ a: 1n }],
    [Number.NaN],
  ])('%s', (json) => {
    const problems = problemsOf(json);
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem.path).toMatch(/^\$/);
  });

  it('has keys that would change prototypes', () => {
    const text = JSON.stringify(samplePlan()).replace('"options":{', '"options":{"__proto__":{"polluted":1},');
    expect(problemsOf(JSON.parse(text))).toMatchObject([
      { path: '$.options.__proto__', message: 'is a key that no plan may have' },
    ]);
    expect(({} as Loose).polluted).toBeUndefined();
  });

  it('is nested without end', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(problemsOf({ ...samplePlan(), options: { deep } })).toMatchObject([
      { message: expect.stringContaining('nested deeper') },
    ]);
  });

  it('is megabytes of garbage, and is told within seconds', () => {
    const transforms = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [
        `t ${i}`,
        { uniqueName: 'same', inputs: { a: `p${i}` }, outputs: 5, junk: 'x'.repeat(100) },
      ]),
    );
    const start = performance.now();
    const result = validatePlan({ ...samplePlan(), components: { ...samplePlan().components, transforms } });
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(result.problems).toHaveLength(1_000);
    expect(result).toMatchObject({ isComplete: false });
  });

  it('is a long chain and a long circle, without running out of stack', () => {
    const chain = (length: number, isCircle: boolean) => {
      const plan = samplePlan();
      const of = (i: number) => ({
        uniqueName: `s${i}`,
        spec: { urn: 'x:y:v1' },
        inputs: { i: `p${i}` },
        outputs: { o: `p${i + 1}` },
      });
      plan.components.transforms = Object.fromEntries(Array.from({ length }, (_, i) => [`s${i}`, of(i)]));
      plan.components.transforms[`s${length - 1}`].outputs = isCircle ? { o: 'p0' } : {};
      if (!isCircle) plan.components.transforms.s0.inputs = {};
      const pc = plan.components.pcollections['lines-out'];
      plan.components.pcollections = Object.fromEntries(
        Array.from({ length }, (_, i) => [`p${i}`, { ...pc, uniqueName: `p${i}` }]).slice(isCircle ? 0 : 1),
      );
      plan.rootTransformIds = Object.keys(plan.components.transforms);
      delete plan.displayData;
      return plan;
    };
    expect(problemsOf(chain(5_000, false))).toEqual([]);
    expect(problemsOf(chain(5_000, true))).toMatchObject([{ message: expect.stringContaining('circle') }]);
  });
});
