import { create, toBinary } from '@bufbuild/protobuf';
import { BEAM_CODER, GlobalWindow, NO_FIRING_PANE } from 'millrace';
import { encodeToBytes, globalWindowCoder, varintCoder, windowedValueCoder } from 'millrace/coders';
import { expect, it } from 'vitest';
import { ProcessBundleDescriptorSchema, RemoteGrpcPortSchema } from '#millrace/runners/beam/generated/fn_control_pb.js';
import { BundleRunner } from '#millrace/runners/harness/bundle-runner.js';
import { ClaimPage } from '#millrace/runners/harness/claim-page.js';
import { NO_FUNCTIONS } from '#millrace/runners/harness/job-program.js';
import { SINK_URN, SOURCE_URN } from '#millrace/runners/harness/stage-urns.js';
import type { FromKernel } from '#millrace/runners/harness/thread-messages.js';
import { samplePlan } from '../beam/sample-plan.js';

const payload = toBinary(RemoteGrpcPortSchema, create(RemoteGrpcPortSchema, { coderId: 'wire' }));
const DESCRIPTOR = toBinary(
  ProcessBundleDescriptorSchema,
  create(ProcessBundleDescriptorSchema, {
    id: 'stage',
    transforms: {
      source: { uniqueName: 'source', spec: { urn: SOURCE_URN, payload }, outputs: { out: 'p' } },
      sink: { uniqueName: 'sink', spec: { urn: SINK_URN, payload }, inputs: { in: 'p' } },
    },
    coders: {
      wire: { spec: { urn: BEAM_CODER.windowedValue }, componentCoderIds: ['number', 'global'] },
      number: { spec: { urn: BEAM_CODER.varint } },
      global: { spec: { urn: BEAM_CODER.globalWindow } },
    },
  }),
);
const CODER = windowedValueCoder(varintCoder(), globalWindowCoder());
const encoded = (value: number) =>
  encodeToBytes(CODER, { value, timestamp: 0, windows: GlobalWindow.INSTANCE, pane: NO_FIRING_PANE }, true);

it('works on several bundles of a stage side by side, and does not mix them', async () => {
  const said: FromKernel[] = [];
  let heard = () => {};
  const post = (message: FromKernel): void => {
    said.push(message);
    heard();
  };
  const noState = { call: () => Promise.resolve([]), callNow: () => [] };
  const runner = new BundleRunner({ plan: samplePlan(), resolver: NO_FUNCTIONS }, post, noState);
  const done = (instructionId: string) =>
    new Promise<void>((resolve) => {
      heard = () => {
        if (said.some((message) => message.kind === 'done' && message.instructionId === instructionId)) resolve();
      };
      heard();
    });
  const open = (instructionId: string) =>
    runner.receive({
      kind: 'bundle',
      instructionId,
      descriptorId: 'stage',
      descriptor: DESCRIPTOR,
      page: ClaimPage.newBuffer(),
    });
  const input = (instructionId: string, value: number, isLast: boolean) =>
    runner.receive({ kind: 'input', instructionId, transformId: 'source', data: encoded(value), isLast });

  open('first');
  open('second');
  input('first', 1, false);
  input('second', 2, true);
  // The second ends although the first was there before it and is not done.
  await done('second');
  expect(said.filter(({ kind }) => kind === 'done')).toHaveLength(1);
  input('first', 3, true);
  await done('first');
  open('third');
  input('third', 4, true);
  await done('third');
  const outputs = said.flatMap((message) =>
    message.kind === 'output' ? [[message.instructionId, ...message.data]] : [],
  );
  expect(outputs).toEqual([
    ['second', ...encoded(2)],
    ['first', ...encoded(1), ...encoded(3)],
    ['third', ...encoded(4)],
  ]);
  await runner.close();
});
