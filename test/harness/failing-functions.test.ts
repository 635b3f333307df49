import { create, toBinary } from '@bufbuild/protobuf';
import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  type DoFn,
  GlobalWindow,
  MILLRACE_CODER,
  MILLRACE_DO_FN,
  MillraceError,
  NO_FIRING_PANE,
  PLAN_FORMAT_VERSION,
  type ProcessContext,
} from 'millrace';
import { encodeToBytes, globalWindowCoder, valueCoder, windowedValueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { decodeFailure, encodeFailure } from '#millrace/runners/beam/failure.js';
import { ProcessBundleDescriptorSchema, RemoteGrpcPortSchema } from '#millrace/runners/beam/generated/fn_control_pb.js';
import { functionSpecToBeam } from '#millrace/runners/beam/payloads.js';
import { BundleRunner } from '#millrace/runners/harness/bundle-runner.js';
import { ClaimPage } from '#millrace/runners/harness/claim-page.js';
import { SINK_URN, SOURCE_URN } from '#millrace/runners/harness/stage-urns.js';
import type { FromKernel } from '#millrace/runners/harness/thread-messages.js';

const port = toBinary(RemoteGrpcPortSchema, create(RemoteGrpcPortSchema, { coderId: 'wire' }));
const coder = (urn: string, ...componentCoderIds: string[]) => ({ spec: { urn }, componentCoderIds });
const step = functionSpecToBeam({
  urn: BEAM_TRANSFORM.parDo,
  payload: {
    doFn: { urn: MILLRACE_DO_FN.doFn, payload: { fn: { kind: 'inline', token: 'fn' } } },
    requestsFinalization: true,
  },
});
const DESCRIPTOR = toBinary(
  ProcessBundleDescriptorSchema,
  create(ProcessBundleDescriptorSchema, {
    id: 'stage',
    transforms: {
      source: { uniqueName: 'source', spec: { urn: SOURCE_URN, payload: port }, outputs: { i0: 'in' } },
      step: { uniqueName: 'step', spec: step, inputs: { main: 'in' }, outputs: { main: 'out' } },
      sink: { uniqueName: 'sink', spec: { urn: SINK_URN, payload: port }, inputs: { i0: 'out' } },
    },
    pcollections: { in: { uniqueName: 'in', coderId: 'value' }, out: { uniqueName: 'out', coderId: 'value' } },
    coders: {
      value: coder(MILLRACE_CODER.value),
      global: coder(BEAM_CODER.globalWindow),
      wire: coder(BEAM_CODER.windowedValue, 'value', 'global'),
    },
  }),
);
const PLAN = {
  formatVersion: PLAN_FORMAT_VERSION,
  name: 'failing',
  components: { transforms: {}, pcollections: {}, windowingStrategies: {}, coders: {}, environments: {} },
  rootTransformIds: [],
  requirements: [],
  options: {},
};
const ELEMENT = encodeToBytes(
  windowedValueCoder(valueCoder(), globalWindowCoder()),
  { value: 'element', timestamp: 0, windows: GlobalWindow.INSTANCE, pane: NO_FIRING_PANE },
  true,
);

/** A kernel thread with this DoFn; what it says goes through what a thread and an engine can carry. */
function harness(doFn: () => DoFn<unknown, unknown>) {
  const said: FromKernel[] = [];
  let heard = (): void => undefined;
  const runner = new BundleRunner(
    { plan: PLAN, resolver: { resolve: doFn, instantiate: doFn } } as never,
    (message) => {
      said.push(structuredClone(message));
      heard();
    },
    { call: () => Promise.resolve([]), callNow: () => [] },
  );
  const until = <K extends FromKernel['kind']>(id: string, ...kinds: readonly K[]) =>
    new Promise<Extract<FromKernel, { kind: K }>>((resolve) => {
      heard = () => {
        const found = said.find(
          (message) => 'instructionId' in message && message.instructionId === id && kinds.includes(message.kind as K),
        );
        if (found !== undefined) resolve(found as Extract<FromKernel, { kind: K }>);
      };
      heard();
    });
  return {
    runner,
    said,
    until,
    bundle(instructionId: string) {
      const page = ClaimPage.newBuffer();
      runner.receive({ kind: 'bundle', instructionId, descriptorId: 'stage', descriptor: DESCRIPTOR, page });
      runner.receive({ kind: 'input', instructionId, transformId: 'source', data: ELEMENT, isLast: true });
      return until(instructionId, 'done', 'failed');
    },
  };
}

const hasNoText = Object.create(null) as object;
const oddParts = Object.assign(new Error('x'), { message: Symbol('odd'), name: { of: 'no use' }, stack: 7 });
const unreadable = Object.defineProperty(new Error('x'), 'message', {
  get: () => {
    throw new Error('not even this');
  },
});
const THROWN: readonly (readonly [string, unknown])[] = [
  ['an error', new RangeError('too far')],
  ['nothing', undefined],
  ['null', null],
  ['a text', 'too far'],
  ['a symbol', Symbol('far')],
  ['what has no text', hasNoText],
  ['an error of odd parts', oddParts],
  ['an error that cannot be read', unreadable],
  ['an error with a cause that is itself', Object.assign(new Error('loop'), { cause: oddParts })],
];

const LIFE = ['setup', 'startBundle', 'process', 'finishBundle'] as const;

describe('a function that throws', () => {
  it.each(LIFE.flatMap((method) => THROWN.map(([what, thrown]) => [what, method, thrown] as const)))(
    '%s in %s fails its bundle, by the name of the step, and the next one begins anew',
    async (_, method, thrown) => {
      let made = 0;
      let tornDown = 0;
      const { bundle, said } = harness(() => {
        const isFirst = made++ === 0;
        return {
          process: (element: unknown, { output }: ProcessContext<unknown>) => output(element),
          ...(isFirst && {
            [method]: () => {
              throw thrown;
            },
          }),
          teardown: () => {
            tornDown++;
          },
        };
      });
      const failed = await bundle('1');
      expect(failed).toMatchObject({ kind: 'failed', error: { step: 'step', kind: 'function' } });
      if (failed.kind !== 'failed') return;
      const through = decodeFailure(encodeFailure(MillraceError.fromEnvelope(failed.error)));
      expect(through).toMatchObject({ code: 'FUNCTION_THREW', step: 'step' });
      expect((await bundle('2')).kind).toBe('done');
      expect([made, tornDown]).toEqual([2, 1]);
      expect(said.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    },
  );

  it.each(THROWN)('%s in teardown is logged, and hides nothing', async (_, thrown) => {
    const { runner, bundle, said } = harness(() => ({
      process: (element: unknown, { output }: ProcessContext<unknown>) => output(element),
      teardown: () => {
        throw thrown;
      },
    }));
    expect((await bundle('1')).kind).toBe('done');
    await runner.close();
    expect(said.at(-1)).toMatchObject({ kind: 'log', record: { level: 'warn', message: /^teardown failed: / } });
  });

  it('fails its bundle although its teardown does not come to an end', async () => {
    const { bundle } = harness(() => ({
      process: () => {
        throw new Error('bad element');
      },
      teardown: () => new Promise<void>(() => undefined),
    }));
    for (const id of ['1', '2']) expect((await bundle(id)).kind).toBe('failed');
  });

  it('in a callback keeps no other from being called', async () => {
    const called: number[] = [];
    const { runner, bundle, until } = harness(() => ({
      process(_: unknown, context: ProcessContext<unknown>) {
        for (const i of [0, 1, 2])
          context.afterCommit(() => {
            called.push(i);
            if (i === 1) throw hasNoText;
          });
      },
    }));
    expect(await bundle('1')).toMatchObject({ kind: 'done', report: { requiresFinalization: true } });
    runner.receive({ kind: 'finalize', instructionId: '1' });
    expect(await until('1', 'finalized')).not.toHaveProperty('error');
    expect(called).toEqual([0, 1, 2]);
  });

  it('at an element that cannot be shown fails by the name of the step all the same', async () => {
    const odd = {
      [Symbol.for('nodejs.util.inspect.custom')]: () => {
        throw new Error('not shown');
      },
    };
    const { bundle } = harness(() => ({
      process: () => {
        throw new MillraceError('OWN', 'function', 'own', { cause: odd });
      },
    }));
    expect(await bundle('1')).toMatchObject({ kind: 'failed', error: { code: 'OWN', step: 'step' } });
  });
});
