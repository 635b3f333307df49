import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type ProcessBundleDescriptor,
  ProcessBundleDescriptorSchema,
  RemoteGrpcPortSchema,
} from '#millrace/runners/beam/generated/fn_control_pb.js';
import { SINK_URN, SOURCE_URN } from '#millrace/runners/harness/stage-urns.js';

/** A stage without addresses, and without what it does not need: engines send what the whole pipeline has. */
export function neutralStage(original: ProcessBundleDescriptor, id: string): ProcessBundleDescriptor {
  const stage = withEndpoint(original, '');
  stage.id = id;
  stage.environments = {};
  for (const transform of Object.values(stage.transforms)) {
    transform.displayData = [];
    transform.environmentId = '';
  }
  for (const strategy of Object.values(stage.windowingStrategies)) strategy.environmentId = '';
  const { transforms, pcollections, windowingStrategies } = stage;
  keep(
    pcollections,
    Object.values(transforms).flatMap(({ inputs, outputs }) => [...Object.values(inputs), ...Object.values(outputs)]),
  );
  keep(
    windowingStrategies,
    Object.values(pcollections).map(({ windowingStrategyId }) => windowingStrategyId),
  );
  keep(stage.coders, codersOf(stage));
  // Some engines send them in another order each time.
  stage.transforms = inOrder(transforms);
  stage.pcollections = inOrder(pcollections);
  stage.coders = inOrder(stage.coders);
  return stage;
}

function keep<T>(all: Record<string, T>, ids: readonly string[]): void {
  for (const id of Object.keys(all)) if (!ids.includes(id)) delete all[id];
}

const inOrder = <T>(all: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));

function codersOf({ transforms, pcollections, windowingStrategies, coders }: ProcessBundleDescriptor): string[] {
  // Payloads name some in fields of their own.
  const payloads = Object.values(transforms).map(({ spec }) => Buffer.from(spec?.payload ?? []).toString('latin1'));
  const found = [
    ...Object.values(pcollections).map(({ coderId }) => coderId),
    ...Object.values(windowingStrategies).map(({ windowCoderId }) => windowCoderId),
    ...Object.keys(coders).filter((id) => payloads.some((payload) => payload.includes(id))),
  ];
  // Grows while it is walked through.
  for (const id of found) found.push(...(coders[id]?.componentCoderIds ?? []).filter((each) => !found.includes(each)));
  return found;
}

/** The descriptor with this address of the engine's at all places that have one. */
export function withEndpoint(original: ProcessBundleDescriptor, url: string): ProcessBundleDescriptor {
  const descriptor = clone(ProcessBundleDescriptorSchema, original);
  for (const { spec } of Object.values(descriptor.transforms)) {
    if (spec?.urn !== SOURCE_URN && spec?.urn !== SINK_URN) continue;
    const { coderId } = fromBinary(RemoteGrpcPortSchema, spec.payload);
    const port = create(RemoteGrpcPortSchema, { coderId, apiServiceDescriptor: { url } });
    spec.payload = toBinary(RemoteGrpcPortSchema, port);
  }
  const { stateApiServiceDescriptor, timerApiServiceDescriptor } = descriptor;
  for (const endpoint of [stateApiServiceDescriptor, timerApiServiceDescriptor])
    if (endpoint !== undefined) endpoint.url = url;
  return descriptor;
}
