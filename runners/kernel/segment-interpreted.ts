import { type BoundedWindow, MAIN_TAG, NO_FIRING_PANE, type Windows } from '../../sdk/model/index.js';
import type { Emit } from './do-fn-runtime.js';
import { badTimestamp, isTimestamp, notKeyed, timestampSkew, undeclaredPromise } from './function-error.js';
import type { OutputPort } from './output.js';
import type { ElementOutput, ProcessBatch, SegmentForm, SegmentProgram } from './segment.js';
import type { Step } from './step.js';

/**
 * The plain form of a segment: one closure for each step. It is the reference that the compiled form is tested against,
 * and what runs where code generation is forbidden.
 */
export function interpretSteps(program: SegmentProgram): SegmentForm {
  const enter = emitInto(program, program.input);
  const run: ProcessBatch = (batch, from) => {
    let i = from;
    try {
      for (; i < batch.length; i++) {
        if (program.gate.blocked) return i;
        program.element = batch.valueAt(i);
        enter(program.element, batch.timestamps[i]!, batch.windowsAt(i), batch.paneAt(i));
      }
      return i;
    } catch (error) {
      throw program.failure(error, program.step, program.element);
    }
  };
  const openOutput = (windows: Windows): ElementOutput => ({
    count: 0,
    emit(value, timestamp) {
      this.count++;
      program.element = value;
      try {
        enter(value, timestamp, windows, NO_FIRING_PANE);
      } catch (error) {
        throw program.failure(error, program.step, program.element);
      }
    },
  });
  return { run, openOutput };
}

/** Where the elements of a PCollection go: into the steps that read it and out of the segment. */
function emitInto(program: SegmentProgram, pcollection: string): Emit {
  const sinks: Emit[] = [
    ...program.consumersOf(pcollection).map((step) => stepInto(program, step)),
    ...program.portsOf(pcollection).map(portInto),
  ];
  if (sinks.length === 1) return sinks[0]!;
  return (value, timestamp, windows, pane) => {
    for (const sink of sinks) sink(value, timestamp, windows, pane);
  };
}

/** Writes elements to a port, those of a keyed one as keys and values. */
export function portInto(port: OutputPort): Emit {
  if (!port.keyed) return (value, timestamp, windows, pane) => port.push(value, timestamp, windows, pane);
  return (value, timestamp, windows, pane) => {
    if (typeof value !== 'object' || value === null) throw notKeyed(value);
    const pair = value as { key: unknown; value: unknown };
    port.pushKeyed(pair.key, pair.value, timestamp, windows, pane);
  };
}

function stepInto(program: SegmentProgram, step: Step): Emit {
  const { body, index } = step;
  if (body.kind === 'doFn') {
    const runtime = program.runtimes[index]!;
    for (const [tag, id] of Object.entries(step.outputs)) {
      const emit = emitInto(program, id);
      runtime.connect(tag, nested(program, index, emit));
    }
    return (value, timestamp, windows, pane) => {
      program.step = index;
      runtime.process(value, timestamp, windows, pane);
    };
  }
  const emit = emitInto(program, step.outputs[MAIN_TAG]!);
  switch (body.kind) {
    case 'map':
      return (value, timestamp, windows, pane) => {
        program.step = index;
        const result = body.fn(value);
        if (result instanceof Promise) throw declined(result);
        emit(result, timestamp, windows, pane);
      };
    case 'filter':
      return (value, timestamp, windows, pane) => {
        program.step = index;
        const result = body.fn(value);
        if (result instanceof Promise) throw declined(result);
        if (result) emit(value, timestamp, windows, pane);
      };
    case 'flatMap':
      program.emits[index] = nested(program, index, emit);
      return (value, timestamp, windows, pane) => {
        program.step = index;
        program.iterate(index, body.fn(value), value, timestamp, windows, pane);
      };
    case 'keyBy':
      return (value, timestamp, windows, pane) => {
        program.step = index;
        const key = body.fn(value);
        if (key instanceof Promise) throw declined(key);
        emit({ key, value }, timestamp, windows, pane);
      };
    case 'withTimestamps':
      return (value, timestamp, windows, pane) => {
        program.step = index;
        const moved = body.fn(value);
        if (!isTimestamp(moved)) throw badTimestamp(moved);
        if (moved < timestamp - body.allowedSkewMs) throw timestampSkew(timestamp, moved, body.allowedSkewMs);
        emit(value, moved, windows, pane);
      };
    case 'windowInto':
      return (value, timestamp, windows, pane) => {
        // An element in several windows is as many elements to a window function.
        const times = Array.isArray(windows) ? (windows as readonly BoundedWindow[]).length : 1;
        const assigned = body.assigner.assign(timestamp);
        if (Array.isArray(assigned) && assigned.length === 0) return;
        for (let i = 0; i < times; i++) emit(value, timestamp, assigned, pane);
      };
    case 'customWindowInto':
      return (value, timestamp, windows, pane) => {
        const current = Array.isArray(windows) ? (windows as readonly BoundedWindow[]) : [windows as BoundedWindow];
        for (const window of current) {
          const assigned = body.windows.assign(value, timestamp, window);
          if (!Array.isArray(assigned) || assigned.length > 0) emit(value, timestamp, assigned, pane);
        }
      };
  }
}

/** What a step emits from inside a call: afterwards it goes on with its own element. */
function nested(program: SegmentProgram, index: number, emit: Emit): Emit {
  return (value, timestamp, windows, pane) => {
    const outer = program.element;
    program.element = value;
    emit(value, timestamp, windows, pane);
    program.step = index;
    program.element = outer;
  };
}

export function declined(promise: Promise<unknown>): Error {
  promise.catch(() => {}); // reported as the undeclared promise that it is
  return undeclaredPromise();
}
