import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  MillraceError,
  type TimestampTransform,
  type TriggerSpec,
  type WindowingStrategySpec,
} from '../../sdk/model/index.js';
import {
  AccumulationMode_Enum,
  type TimestampTransform as BeamTimestampTransform,
  ClosingBehavior_Enum,
  MergeStatus_Enum,
  OnTimeBehavior_Enum,
  OutputTime_Enum,
  TimestampTransformSchema,
  type Trigger,
  TriggerSchema,
  type WindowingStrategy,
  WindowingStrategySchema,
} from './generated/windowing_pb.js';
import { functionSpecFromBeam, functionSpecToBeam } from './payloads.js';

export function windowingToBeam(spec: WindowingStrategySpec): WindowingStrategy {
  return create(WindowingStrategySchema, {
    windowFn: functionSpecToBeam(spec.windowFn),
    mergeStatus: MergeStatus_Enum[spec.mergeStatus],
    windowCoderId: spec.windowCoderId,
    trigger: triggerToBeam(spec.trigger),
    accumulationMode: AccumulationMode_Enum[spec.accumulationMode],
    outputTime: OutputTime_Enum[spec.outputTime],
    closingBehavior: ClosingBehavior_Enum[spec.closingBehavior],
    onTimeBehavior: OnTimeBehavior_Enum[spec.onTimeBehavior],
    allowedLateness: BigInt(spec.allowedLatenessMs),
    assignsToOneWindow: spec.assignsToOneWindow,
    environmentId: spec.environmentId ?? '',
  });
}

export function windowingFromBeam(strategy: WindowingStrategy): WindowingStrategySpec {
  return {
    windowFn: functionSpecFromBeam(strategy.windowFn),
    mergeStatus: named(MergeStatus_Enum[strategy.mergeStatus] as keyof typeof MergeStatus_Enum, 'merge status'),
    windowCoderId: strategy.windowCoderId,
    trigger: strategy.trigger === undefined ? { kind: 'default' } : triggerFromBeam(strategy.trigger),
    accumulationMode: named(
      AccumulationMode_Enum[strategy.accumulationMode] as keyof typeof AccumulationMode_Enum,
      'accumulation mode',
    ),
    outputTime: named(OutputTime_Enum[strategy.outputTime] as keyof typeof OutputTime_Enum, 'output time'),
    closingBehavior: named(
      ClosingBehavior_Enum[strategy.closingBehavior] as keyof typeof ClosingBehavior_Enum,
      'closing behavior',
    ),
    onTimeBehavior: named(
      OnTimeBehavior_Enum[strategy.onTimeBehavior] as keyof typeof OnTimeBehavior_Enum,
      'on-time behavior',
    ),
    allowedLatenessMs: Number(strategy.allowedLateness),
    assignsToOneWindow: strategy.assignsToOneWindow,
    ...(strategy.environmentId !== '' && { environmentId: strategy.environmentId }),
  };
}

function named<N extends string>(name: N, what: string): Exclude<N, 'UNSPECIFIED'> {
  if (name === undefined || name === 'UNSPECIFIED')
    throw new MillraceError('BEAM_UNMAPPED', 'external', `a windowing strategy without a known ${what}`);
  return name as Exclude<N, 'UNSPECIFIED'>;
}

export function triggerToBeam(spec: TriggerSpec): Trigger {
  return create(TriggerSchema, { trigger: triggerCase(spec) });
}

/** The oneof's shape for `create`: messages inside it are given as plain objects. */
function triggerCase(
  spec: TriggerSpec,
): NonNullable<Exclude<MessageInitShape<typeof TriggerSchema>, Trigger>['trigger']> {
  switch (spec.kind) {
    case 'default':
    case 'always':
    case 'never':
    case 'afterSynchronizedProcessingTime':
      return { case: spec.kind, value: {} };
    case 'elementCount':
      return { case: 'elementCount', value: { elementCount: spec.count } };
    case 'afterEndOfWindow':
      return {
        case: 'afterEndOfWindow',
        value: {
          ...(spec.earlyFirings !== undefined && { earlyFirings: triggerToBeam(spec.earlyFirings) }),
          ...(spec.lateFirings !== undefined && { lateFirings: triggerToBeam(spec.lateFirings) }),
        },
      };
    case 'afterProcessingTime':
      return {
        case: 'afterProcessingTime',
        value: { timestampTransforms: spec.timestampTransforms.map(timestampTransformToBeam) },
      };
    case 'afterAll':
    case 'afterAny':
    case 'afterEach':
      return { case: spec.kind, value: { subtriggers: spec.subtriggers.map(triggerToBeam) } };
    case 'orFinally':
      return {
        case: 'orFinally',
        value: { main: triggerToBeam(spec.main), finally: triggerToBeam(spec.finally) },
      };
    case 'repeat':
      return { case: 'repeat', value: { subtrigger: triggerToBeam(spec.subtrigger) } };
  }
}

export function triggerFromBeam({ trigger }: Trigger): TriggerSpec {
  switch (trigger.case) {
    case 'default':
    case 'always':
    case 'never':
    case 'afterSynchronizedProcessingTime':
      return { kind: trigger.case };
    case 'elementCount':
      return { kind: 'elementCount', count: trigger.value.elementCount };
    case 'afterEndOfWindow': {
      const { earlyFirings, lateFirings } = trigger.value;
      return {
        kind: 'afterEndOfWindow',
        ...(earlyFirings !== undefined && { earlyFirings: triggerFromBeam(earlyFirings) }),
        ...(lateFirings !== undefined && { lateFirings: triggerFromBeam(lateFirings) }),
      };
    }
    case 'afterProcessingTime':
      return {
        kind: 'afterProcessingTime',
        timestampTransforms: trigger.value.timestampTransforms.map(timestampTransformFromBeam),
      };
    case 'afterAll':
    case 'afterAny':
    case 'afterEach':
      return { kind: trigger.case, subtriggers: trigger.value.subtriggers.map(triggerFromBeam) };
    case 'orFinally':
      return {
        kind: 'orFinally',
        main: present(trigger.value.main),
        finally: present(trigger.value.finally),
      };
    case 'repeat':
      return { kind: 'repeat', subtrigger: present(trigger.value.subtrigger) };
    case undefined:
      throw new MillraceError('BEAM_UNMAPPED', 'external', 'a trigger of an unknown kind');
  }
}

function present(trigger: Trigger | undefined): TriggerSpec {
  if (trigger === undefined)
    throw new MillraceError('BEAM_UNMAPPED', 'external', 'a trigger that lacks its subtrigger');
  return triggerFromBeam(trigger);
}

const timestampTransformToBeam = (transform: TimestampTransform): BeamTimestampTransform =>
  create(TimestampTransformSchema, {
    timestampTransform:
      transform.kind === 'delay'
        ? { case: 'delay', value: { delayMillis: BigInt(transform.delayMs) } }
        : { case: 'alignTo', value: { period: BigInt(transform.periodMs), offset: BigInt(transform.offsetMs) } },
  });

function timestampTransformFromBeam({ timestampTransform }: BeamTimestampTransform): TimestampTransform {
  switch (timestampTransform.case) {
    case 'delay':
      return { kind: 'delay', delayMs: Number(timestampTransform.value.delayMillis) };
    case 'alignTo':
      return {
        kind: 'alignTo',
        periodMs: Number(timestampTransform.value.period),
        offsetMs: Number(timestampTransform.value.offset),
      };
    case undefined:
      throw new MillraceError('BEAM_UNMAPPED', 'external', 'a timestamp transform of an unknown kind');
  }
}
