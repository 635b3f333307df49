import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { MillraceError, type TestStreamEvent, type TestStreamPayload } from '../../sdk/model/index.js';
import {
  type TestStreamPayload_Event,
  TestStreamPayload_EventSchema,
  TestStreamPayloadSchema,
} from './generated/test_stream_pb.js';

/** Digits stay digits: Beam's extremes are no doubles. */
const millis = (timestamp: number | string): bigint => BigInt(timestamp);
/** As a plan says it: a number where that is exact. */
const instant = (value: bigint): number | string =>
  Number.isSafeInteger(Number(value)) ? Number(value) : String(value);

export function testStreamToBeam({ coderId, events }: TestStreamPayload): Uint8Array {
  return toBinary(
    TestStreamPayloadSchema,
    create(TestStreamPayloadSchema, { coderId, events: events.map(eventToBeam) }),
  );
}

export function testStreamFromBeam(bytes: Uint8Array): TestStreamPayload {
  const { coderId, events, endpoint } = fromBinary(TestStreamPayloadSchema, bytes);
  if (endpoint !== undefined && endpoint.url !== '')
    throw new MillraceError('BEAM_UNMAPPED', 'external', 'a TestStream whose events are asked for from a service');
  return { coderId, events: events.map(eventFromBeam) };
}

function eventToBeam(event: TestStreamEvent): TestStreamPayload_Event {
  switch (event.kind) {
    case 'elements': {
      const elements = event.elements.map(({ encoded, timestamp }) => ({
        encodedElement: new Uint8Array(Buffer.from(encoded, 'base64')),
        timestamp: millis(timestamp),
      }));
      const value = { elements, tag: event.tag ?? '' };
      return create(TestStreamPayload_EventSchema, { event: { case: 'elementEvent', value } });
    }
    case 'watermark': {
      const value = { newWatermark: millis(event.timestamp), tag: event.tag ?? '' };
      return create(TestStreamPayload_EventSchema, { event: { case: 'watermarkEvent', value } });
    }
    case 'processingTime': {
      const value = { advanceDuration: BigInt(event.advanceMs) };
      return create(TestStreamPayload_EventSchema, { event: { case: 'processingTimeEvent', value } });
    }
  }
}

function eventFromBeam({ event }: TestStreamPayload_Event): TestStreamEvent {
  switch (event.case) {
    case 'elementEvent': {
      const elements = event.value.elements.map(({ encodedElement, timestamp }) => ({
        encoded: Buffer.from(encodedElement).toString('base64'),
        timestamp: instant(timestamp),
      }));
      return { kind: 'elements', ...tagOf(event.value), elements };
    }
    case 'watermarkEvent':
      return { kind: 'watermark', ...tagOf(event.value), timestamp: instant(event.value.newWatermark) };
    case 'processingTimeEvent':
      return { kind: 'processingTime', advanceMs: Number(event.value.advanceDuration) };
    case undefined:
      throw new MillraceError('BEAM_UNMAPPED', 'external', 'an event of a TestStream of an unknown kind');
  }
}

const tagOf = ({ tag }: { readonly tag: string }): { readonly tag?: string } => (tag === '' ? {} : { tag });
