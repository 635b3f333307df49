import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { StepDisplay } from '../../sdk/model/index.js';
import { type DisplayData, DisplayDataSchema, LabelledPayloadSchema } from './generated/function_pb.js';

const LABELLED = 'beam:display_data:labelled:v1';
const SOURCE_KEY = 'millrace.source';

/** Where a step was written, as Beam shows such things. */
export function displayToBeam(display: StepDisplay | undefined): DisplayData[] {
  if (display?.source === undefined) return [];
  const payload = create(LabelledPayloadSchema, {
    label: 'Source',
    key: SOURCE_KEY,
    namespace: 'millrace',
    value: { case: 'stringValue', value: display.source },
  });
  return [create(DisplayDataSchema, { urn: LABELLED, payload: toBinary(LabelledPayloadSchema, payload) })];
}

export function displayFromBeam(data: readonly DisplayData[]): StepDisplay | undefined {
  for (const item of data) {
    if (item.urn !== LABELLED) continue;
    const { key, value } = fromBinary(LabelledPayloadSchema, item.payload);
    if (key === SOURCE_KEY && value.case === 'stringValue') return { source: value.value };
  }
  return undefined;
}
