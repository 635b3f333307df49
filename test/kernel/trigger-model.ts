import type { TriggerSpec } from 'millrace';
import { instantOf } from '#millrace/runners/kernel/triggers/simple-triggers.js';
import type { TriggerTime } from '#millrace/runners/kernel/triggers/trigger-node.js';

/** What has happened to a window: elements, and firings, each with where time stood. */
export interface TriggerEvent {
  readonly kind: 'element' | 'fire';
  readonly time: TriggerTime;
}

type History = readonly TriggerEvent[];

const ended = ({ watermark, windowEnd }: TriggerTime): boolean => watermark > windowEnd;
const elementsOf = (history: History): History => history.filter(({ kind }) => kind === 'element');
const hasFired = (history: History): boolean => history.some(({ kind }) => kind === 'fire');

/**
 * The slow model of a trigger: nothing is remembered, everything is read from all that has happened since the trigger began,
 * every time. A part of a composed trigger sees the piece of the history that is its own.
 */
export function isReady(spec: TriggerSpec, history: History, at: TriggerTime): boolean {
  switch (spec.kind) {
    case 'default':
      return ended(at);
    case 'always':
      return true;
    case 'never':
      return false;
    case 'elementCount':
      return elementsOf(history).length >= spec.count;
    case 'afterProcessingTime': {
      const first = elementsOf(history)[0];
      return first !== undefined && at.now >= instantOf(first.time.now, spec.timestampTransforms);
    }
    case 'afterSynchronizedProcessingTime': {
      const first = elementsOf(history)[0];
      return first !== undefined && at.now > first.time.now;
    }
    case 'afterEndOfWindow': {
      const phase = phaseOf(spec, history);
      const firings = phase.isLate ? spec.lateFirings : spec.earlyFirings;
      return (!phase.isLate && ended(at)) || (firings !== undefined && isReady(firings, phase.history, at));
    }
    case 'afterAll':
      return spec.subtriggers.every((part) => isReady(part, history, at));
    case 'afterAny':
      return spec.subtriggers.some((part) => isReady(part, history, at));
    case 'afterEach': {
      const { part, history: own } = turnOf(spec.subtriggers, history);
      return part !== undefined && isReady(part, own, at);
    }
    case 'orFinally':
      return isReady(spec.main, history, at) || isReady(spec.finally, elementsOf(history), at);
    case 'repeat':
      return isReady(spec.subtrigger, roundOf(spec.subtrigger, history), at);
  }
}

export function isOver(spec: TriggerSpec, history: History): boolean {
  switch (spec.kind) {
    case 'default':
    case 'always':
    case 'never':
    case 'repeat':
      return false;
    case 'elementCount':
    case 'afterProcessingTime':
    case 'afterSynchronizedProcessingTime':
    case 'afterAll':
    case 'afterAny':
      return hasFired(history);
    case 'afterEndOfWindow':
      return phaseOf(spec, history).isLate && spec.lateFirings === undefined;
    case 'afterEach':
      return turnOf(spec.subtriggers, history).part === undefined;
    case 'orFinally':
      return (
        isOver(spec.main, history) ||
        history.some(
          ({ kind, time }, i) => kind === 'fire' && isReady(spec.finally, elementsOf(history.slice(0, i)), time),
        )
      );
  }
}

/** Early until the window has fired after its end; in both phases a firing is the beginning of the next pane. */
function phaseOf(_spec: TriggerSpec, history: History): { isLate: boolean; history: History } {
  const lastFiring = history.findLastIndex(({ kind }) => kind === 'fire');
  const isLate = history.some(({ kind, time }) => kind === 'fire' && ended(time));
  return { isLate, history: history.slice(lastFiring + 1) };
}

/** Whose turn it is, and what it has seen. */
function turnOf(parts: readonly TriggerSpec[], history: History): { part: TriggerSpec | undefined; history: History } {
  const [part, ...others] = parts;
  if (part === undefined) return { part, history };
  const end = endOf(part, history);
  return end === undefined ? { part, history } : turnOf(others, history.slice(end));
}

/** The round in progress of what is repeated. */
function roundOf(part: TriggerSpec, history: History): History {
  const end = endOf(part, history);
  return end === undefined ? history : roundOf(part, history.slice(end));
}

/** How many events there were when a trigger was over; undefined when it is not. */
function endOf(spec: TriggerSpec, history: History): number | undefined {
  for (let end = 1; end <= history.length; end++) if (isOver(spec, history.slice(0, end))) return end;
  return undefined;
}
