import { coderFromSpec, keyHash } from '../../sdk/coders/index.js';
import {
  type BoundedWindow,
  type Coder,
  MAIN_TAG,
  type Plan,
  SYSTEM_COUNTER,
  type TriggerSpec,
} from '../../sdk/model/index.js';
import { type KernelHost, type SideInputSource, sideWindowMapping, viewMaker } from '../kernel/index.js';
import type { ChannelReceiver } from './channel.js';
import { EpochLedger } from './epoch-ledger.js';
import type { OperatorSpec } from './graph.js';
import type { TaskGate } from './input-gate.js';
import { JointInputs } from './joint-inputs.js';
import { keyGroups } from './key-groups.js';
import { windowingOf } from './plan-to-graph.js';
import { PushedBack } from './pushed-back.js';
import { SideInputGate } from './side-input-gate.js';
import { readsWhatIsFinalised, sideInputsOf } from './side-input-plan.js';
import { SideInputTable } from './side-input-table.js';

export interface SideInputParts {
  /** With the views of side inputs. */
  readonly plan: Plan;
  readonly host: KernelHost;
  readonly operator: OperatorSpec;
  readonly main: readonly ChannelReceiver[];
  /** By tag. */
  readonly sides: ReadonlyMap<string, readonly ChannelReceiver[]>;
  /** Whether the main input travels as keys and values. */
  readonly keyed: boolean;
}

/** What stands before a task with side inputs, and what its operator sees of them. */
export interface SideInputs {
  readonly gate: TaskGate;
  readonly views: SideInputSource;
}

/** What makes the gate of a task with side inputs: when it is asked again, a new one that goes on with the same channels. */
export function sideInputsMaker(parts: SideInputParts): () => SideInputs {
  const inputs = new JointInputs(parts.main, parts.sides);
  return () => makeSideInputs(parts, inputs);
}

function makeSideInputs(parts: SideInputParts, inputs: JointInputs): SideInputs {
  const { plan, host, operator, keyed } = parts;
  const { transform } = operator.steps[0]!;
  const input = transform.inputs[MAIN_TAG]!;
  const windowing = windowingOf(plan, input);
  const ledger = new EpochLedger();
  const tables = Object.entries(sideInputsOf(transform)).map(([tag, payload]) => {
    const views = transform.inputs[tag]!;
    const side = windowingOf(plan, views);
    const elements = host.coder(views).components[1]!;
    const mapping = sideWindowMapping(side.windowFn, host, plan);
    return new SideInputTable({
      tag,
      mapping,
      make: viewMaker(tag, payload, elements.components[0]!),
      awaitMs: firesByEndOfWindow(side.trigger) ? 0 : side.allowedLatenessMs,
      keepMs: windowing.allowedLatenessMs + mapping.maximumLookbackMs,
      elements,
      windows: windowCoderOf(plan, views),
      ledger: readsWhatIsFinalised(plan, views) ? ledger : undefined,
    });
  });
  const elements = host.coder(input);
  const pushedBack = new PushedBack({
    tables,
    allowedLatenessMs: windowing.allowedLatenessMs,
    droppedLate: host.metrics(transform.uniqueName).counter(SYSTEM_COUNTER.droppedLate),
    ledger,
    elements,
    windows: windowCoderOf(plan, input),
    keyGroupOf: keyed ? keyGroups(keyHash(elements.components[0]!)) : undefined,
  });
  return { gate: new SideInputGate(inputs, tables, pushedBack, ledger), views: pushedBack };
}

/** A host that shows side inputs to the first step of an operator. */
export function showing(host: KernelHost, { steps }: OperatorSpec, views: SideInputSource): KernelHost {
  const name = steps[0]!.transform.uniqueName;
  return { ...host, sideInputs: (step) => (step === name ? views : host.sideInputs?.(step)) };
}

function windowCoderOf(plan: Plan, pcollection: string): Coder<BoundedWindow> {
  return coderFromSpec(windowingOf(plan, pcollection).windowCoderId, plan.components.coders) as Coder<BoundedWindow>;
}

/** Whether a window with elements has fired when the watermark has passed its end. Any trigger has when it expires. */
export function firesByEndOfWindow(trigger: TriggerSpec): boolean {
  switch (trigger.kind) {
    case 'default':
    case 'always':
    case 'afterEndOfWindow':
      return true;
    case 'never':
    case 'elementCount':
    case 'afterProcessingTime':
    case 'afterSynchronizedProcessingTime':
      return false;
    case 'afterAll':
      return trigger.subtriggers.every(firesByEndOfWindow);
    case 'afterAny':
      return trigger.subtriggers.some(firesByEndOfWindow);
    case 'afterEach':
      return trigger.subtriggers[0] !== undefined && firesByEndOfWindow(trigger.subtriggers[0]);
    case 'orFinally':
      return firesByEndOfWindow(trigger.main) || firesByEndOfWindow(trigger.finally);
    case 'repeat':
      return firesByEndOfWindow(trigger.subtrigger);
  }
}
