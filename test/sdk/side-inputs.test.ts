import {
  asIterable,
  asList,
  asMap,
  asMultimap,
  asSingleton,
  buildPlan,
  create,
  definePipeline,
  fixedWindows,
  generateSequence,
  globalWindow,
  type ParDoPayload,
  type PCollection,
  type Pipeline,
  type SideInput,
  sessionWindows,
  valueState,
} from 'millrace';
import { stringUtf8Coder, valueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { errorOf, planOf, step } from './build.js';

const payloadOf = (build: (p: Pipeline) => void, name: string): ParDoPayload =>
  step(planOf(build), name).spec!.payload as unknown as ParDoPayload;

const keyed = (p: Pipeline) => p.create('Keyed', [{ key: 'a', value: 1 }]);

describe('a step with side inputs', () => {
  it('has them as inputs, with how they are kept, seen and found', () => {
    const build = (p: Pipeline) => {
      const numbers = p.create('Numbers', [1]);
      p.create('Main', ['x']).map('See', (word) => word, {
        sideInputs: {
          one: asSingleton(numbers),
          some: asIterable(numbers),
          list: asList(numbers),
          map: asMap(keyed(p)),
          multimap: asMultimap(p.create('Others', [{ key: 'a', value: 1 }])),
        },
      });
    };
    expect(Object.keys(step(planOf(build), 'See').inputs).sort()).toEqual([
      'list',
      'main',
      'map',
      'multimap',
      'one',
      'some',
    ]);
    const windowMappingFn = { urn: 'millrace:window_mapping:by_max_timestamp:v1' };
    const iterable = { urn: 'beam:side_input:iterable:v1' };
    const multimap = { urn: 'beam:side_input:multimap:v1' };
    const viewFn = (view: string) => ({ urn: `millrace:view_fn:${view}:v1` });
    expect(payloadOf(build, 'See').sideInputs).toEqual({
      one: { accessPattern: iterable, viewFn: { ...viewFn('singleton'), payload: {} }, windowMappingFn },
      some: { accessPattern: iterable, viewFn: viewFn('iterable'), windowMappingFn },
      list: { accessPattern: iterable, viewFn: viewFn('list'), windowMappingFn },
      map: { accessPattern: multimap, viewFn: viewFn('map'), windowMappingFn },
      multimap: { accessPattern: multimap, viewFn: viewFn('multimap'), windowMappingFn },
    });
  });

  it('has the default of a singleton in the coder of the collection', () => {
    const build = (p: Pipeline) => {
      const words = p.apply('Words', create(['x'], { coder: stringUtf8Coder() }));
      p.create('Main', [1]).map('See', (n) => n, { sideInputs: { word: asSingleton(words, { default: 'none' }) } });
    };
    expect(payloadOf(build, 'See').sideInputs!.word!.viewFn.payload).toEqual({
      default: Buffer.from('none').toString('base64'),
    });
  });

  it('makes pairs of what a map is made of, whatever it was coded as', () => {
    const plan = planOf((p) => {
      const pairs = keyed(p).withCoder(valueCoder());
      p.create('Main', [1]).map('See', (n) => n, { sideInputs: { map: asMap(pairs) } });
    });
    const input = plan.components.pcollections[step(plan, 'See').inputs.map!]!;
    expect(plan.components.coders[input.coderId]!.spec.urn).toBe('beam:coder:kv:v1');
  });

  it('says what crosses a composite for it', () => {
    const plan = planOf((p) => {
      const side = asList(p.create('Side', [1]));
      p.create('Main', [1]).apply('Composite', (input) => input.map('See', (n) => n, { sideInputs: { side } }));
    });
    expect(Object.values(step(plan, 'Composite').inputs)).toContain(step(plan, 'Composite/See').inputs.side);
  });

  it('is another step when its function is another', () => {
    const refs = [(n: number) => n, (n: number) => n + 1].map((fn) => {
      const definition = definePipeline({
        name: 'test',
        build: (p) =>
          void p.create('Main', [1]).map('See', fn, { sideInputs: { side: asList(p.create('Side', [1])) } }),
      });
      const { plan } = buildPlan(definition, { environment: { bundle: 'a'.repeat(64), export: 'x' } });
      return JSON.stringify((step(plan, 'See').spec!.payload as unknown as ParDoPayload).doFn);
    });
    expect(refs[0]).not.toBe(refs[1]);
  });

  it('may have state as well', () => {
    const payload = payloadOf((p) => {
      keyed(p).parDo('See', () => ({ process() {} }), {
        state: { seen: valueState<number>() },
        sideInputs: { side: asList(p.create('Side', [1])) },
      });
    }, 'See');
    expect(Object.keys(payload.stateSpecs!)).toEqual(['seen']);
    expect(Object.keys(payload.sideInputs!)).toEqual(['side']);
  });
});

describe('refused are', () => {
  const seeing = (make: (p: Pipeline) => SideInput, main = (p: Pipeline) => p.create('Main', [1])) =>
    errorOf(() => planOf((p) => void main(p).map('See', (n) => n, { sideInputs: { side: make(p) } })));

  it('side inputs in windows that merge', () => {
    const error = seeing((p) => asList(p.create('Side', [1]).windowInto(sessionWindows(10))));
    expect(error).toMatchObject({ code: 'PLAN_WINDOWING', step: 'See' });
    expect(error.message).toContain("'side'");
  });

  it('windows that have merged, too', () => {
    const error = seeing((p) => {
      const sessions = p.create('Side', [1]).windowInto(sessionWindows(10));
      return asMap(sessions.keyBy((n) => n).groupByKey());
    });
    expect(error).toMatchObject({ code: 'PLAN_WINDOWING', step: 'See' });
  });

  it('a side input in windows beside a main input that has none', () => {
    const error = seeing((p) => asList(p.create('Side', [1]).windowInto(fixedWindows(10))));
    expect(error).toMatchObject({ code: 'PLAN_WINDOWING', step: 'See' });
  });

  it('a side input that is never complete', () => {
    const error = seeing((p) => asList(p.apply('Endless', generateSequence())));
    expect(error).toMatchObject({ code: 'PLAN_UNBOUNDED_GROUPING', step: 'See' });
    expect(error.message).toContain("the side input 'side' never ends");
  });

  it('but not one with a trigger', () => {
    const plan = planOf((p) => {
      const side = p.apply('Endless', generateSequence()).windowInto(globalWindow(), {
        trigger: { kind: 'repeat', subtrigger: { kind: 'elementCount', count: 1 } },
        accumulation: 'discarding',
      });
      p.create('Main', [1]).map('See', (n) => n, { sideInputs: { side: asList(side) } });
    });
    expect(plan.components.pcollections[step(plan, 'See').inputs.side!]?.isBounded).toBe('UNBOUNDED');
  });

  it('collections of which nobody said how they are seen', () => {
    const error = seeing((p) => p.create('Side', [1]) as unknown as SideInput);
    expect(error).toMatchObject({ code: 'PLAN_ARGUMENT', step: 'See' });
    expect(error.message).toContain('a collection, and no side input');
    expect(seeing(() => undefined as unknown as SideInput).message).toContain("the side input 'side' is undefined");
  });

  it('options without side inputs', () => {
    const error = errorOf(() =>
      planOf((p) => {
        const main = p.create('Main', [1]) as unknown as { map(fn: unknown, options: unknown): PCollection<number> };
        main.map((n: number) => n, {});
      }),
    );
    expect(error.code).toBe('PLAN_ARGUMENT');
  });

  it('the tag of the main input', () => {
    const error = errorOf(() =>
      planOf((p) => {
        p.create('Main', [1]).map('See', (n) => n, { sideInputs: { main: asList(p.create('Side', [1])) } });
      }),
    );
    expect(error).toMatchObject({ code: 'PLAN_ARGUMENT', step: 'See' });
  });

  it('side inputs of another pipeline', () => {
    let other: SideInput | undefined;
    planOf((p) => {
      other = asList(p.create('Side', [1]));
    });
    expect(seeing(() => other!).code).toBe('PLAN_FOREIGN_PCOLLECTION');
  });

  it('defaults that cannot be encoded', () => {
    const error = seeing((p) =>
      asSingleton(p.apply('Words', create(['x'], { coder: stringUtf8Coder() })), { default: 7 }),
    );
    expect(error).toMatchObject({ code: 'CODER_LITERAL', step: 'See' });
    expect(error.message).toContain("the default of the side input 'side'");
  });

  it('steps without a function', () => {
    const error = errorOf(() =>
      planOf((p) => {
        p.create('Main', [1]).map('See', undefined as unknown as (n: number) => number, {
          sideInputs: { side: asList(p.create('Side', [1])) },
        });
      }),
    );
    expect(error).toMatchObject({ code: 'PLAN_ARGUMENT', step: 'See' });
  });
});
