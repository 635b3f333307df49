import { MAIN_TAG, MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../sdk/model/index.js';
import type { Emit } from './do-fn-runtime.js';
import { badTimestamp, functionError, notKeyed, timestampSkew } from './function-error.js';
import type { ProcessBatch, SegmentProgram } from './segment.js';
import { declined } from './segment-interpreted.js';
import type { Step } from './step.js';

/**
 * The compiled form of a segment: one JavaScript function for the whole batch, so that every call site sees one function
 * only and keeps its own inline cache. The text is made of indices alone; nothing from the plan is ever part of it.
 */
export function compileSteps(program: SegmentProgram): ProcessBatch {
  const writer = new SegmentWriter(program);
  const text = writer.write();
  const make = new Function(
    'program',
    'gate',
    'F',
    'A',
    'R',
    'O',
    'S',
    'MIN',
    'MAX',
    'declined',
    'badTimestamp',
    'timestampSkew',
    'notKeyed',
    'fail',
    text,
  ) as (...args: readonly unknown[]) => { run: ProcessBatch; emits: readonly [number, string | undefined, Emit][] };
  const { run, emits } = make(
    program,
    program.gate,
    program.steps.map(({ body }) => ('fn' in body ? body.fn : undefined)),
    program.steps.map(({ body }) => (body.kind === 'windowInto' ? body.assigner : undefined)),
    program.runtimes,
    writer.ports,
    program.steps,
    MIN_TIMESTAMP,
    MAX_TIMESTAMP,
    declined,
    badTimestamp,
    timestampSkew,
    notKeyed,
    (error: unknown, element: unknown) => functionError(error, program.steps[program.step]!, { value: element }),
  );
  for (const [index, tag, emit] of emits) {
    if (tag === undefined) program.emits[index] = emit;
    else program.runtimes[index]!.connect(tag, emit);
  }
  return run;
}

/** Names of the local variables that hold an element at one place of the text. */
interface Locals {
  readonly value: string;
  /** Set where the element is a KV that was not built yet. */
  readonly key?: string;
  readonly timestamp: string;
  readonly windows: string;
  readonly pane: string;
}

const PARAMETERS: Locals = { value: 'v', timestamp: 't', windows: 'w', pane: 'p' };

class SegmentWriter {
  readonly ports: unknown[] = [];
  private readonly emitters: string[] = [];
  private readonly emitTable: string[] = [];
  private names = 0;

  constructor(private readonly program: SegmentProgram) {}

  write(): string {
    const body = this.consume(this.program.input, PARAMETERS);
    return `'use strict';
${this.emitters.join('\n')}
function run(batch, from) {
  const n = batch.length, values = batch.values, timestamps = batch.timestamps;
  const windowColumn = batch.windowColumn, paneColumn = batch.paneColumn, keyed = batch.keys !== undefined;
  let i = from;
  try {
    for (; i < n; i++) {
      if (gate.blocked) return i;
      const v = keyed ? batch.valueAt(i) : values[i], t = timestamps[i];
      const w = windowColumn === undefined ? batch.window : windowColumn[i];
      const p = paneColumn === undefined ? batch.pane : paneColumn[i];
      ${this.emitters.length > 0 ? 'program.element = v;' : ''}
${body}
    }
    return n;
  } catch (error) {
    throw fail(error, ${this.emitters.length > 0 ? 'program.element' : 'batch.valueAt(i)'});
  }
}
return { run, emits: [${this.emitTable.join(', ')}] };`;
  }

  private name(prefix: string): string {
    return `${prefix}${this.names++}`;
  }

  /** Text that hands an element to everything that reads a PCollection. */
  private consume(pcollection: string, at: Locals): string {
    const steps = this.program.consumersOf(pcollection);
    const ports = this.program.portsOf(pcollection);
    const parts: string[] = [];
    let locals = at;
    const unbuilt = at.key !== undefined && (steps.length > 0 || ports.some((port) => !port.keyed));
    if (unbuilt) {
      const pair = this.name('kv');
      parts.push(`const ${pair} = { key: ${at.key}, value: ${at.value} };`);
      locals = { value: pair, timestamp: at.timestamp, windows: at.windows, pane: at.pane };
    }
    for (const step of steps) parts.push(`{ ${this.step(step, locals)} }`);
    for (const port of ports) {
      const o = `O[${this.ports.push(port) - 1}]`;
      const rest = `${at.timestamp}, ${at.windows}, ${at.pane}`;
      if (!port.keyed) parts.push(`${o}.push(${locals.value}, ${rest});`);
      else if (at.key !== undefined) parts.push(`${o}.pushKeyed(${at.key}, ${at.value}, ${rest});`);
      else {
        const v = locals.value;
        parts.push(`if (typeof ${v} !== 'object' || ${v} === null) throw notKeyed(${v});`);
        parts.push(`${o}.pushKeyed(${v}.key, ${v}.value, ${rest});`);
      }
    }
    return parts.join('\n');
  }

  private step(step: Step, at: Locals): string {
    const k = step.index;
    const { value, timestamp, windows, pane } = at;
    const enter = `program.step = ${k};`;
    if (step.body.kind === 'doFn') {
      for (const [tag, id] of Object.entries(step.outputs)) this.emitter(k, Object.keys(step.outputs).indexOf(tag), id);
      return `${enter} R[${k}].process(${value}, ${timestamp}, ${windows}, ${pane});`;
    }
    const output = step.outputs[MAIN_TAG]!;
    switch (step.body.kind) {
      case 'map': {
        const r = this.name('r');
        return `${enter} const ${r} = F[${k}](${value}); if (${r} instanceof Promise) throw declined(${r});
${this.consume(output, { value: r, timestamp, windows, pane })}`;
      }
      case 'filter': {
        const r = this.name('r');
        return `${enter} const ${r} = F[${k}](${value}); if (${r} instanceof Promise) throw declined(${r});
if (${r}) {
${this.consume(output, at)}
}`;
      }
      case 'keyBy': {
        const key = this.name('k');
        return `${enter} const ${key} = F[${k}](${value}); if (${key} instanceof Promise) throw declined(${key});
${this.consume(output, { value, key, timestamp, windows, pane })}`;
      }
      case 'flatMap':
        this.emitter(k, undefined, output);
        return `${enter} program.iterate(S[${k}], F[${k}](${value}), ${timestamp}, ${windows}, ${pane});`;
      case 'withTimestamps': {
        const moved = this.name('t');
        const skew = `S[${k}].body.allowedSkewMs`;
        return `${enter} const ${moved} = F[${k}](${value});
if (typeof ${moved} !== 'number' || !(${moved} >= MIN && ${moved} <= MAX)) throw badTimestamp(${moved});
if (${moved} < ${timestamp} && ${moved} < ${timestamp} - ${skew}) throw timestampSkew(${timestamp}, ${moved}, ${skew});
${this.consume(output, { value, timestamp: moved, windows, pane })}`;
      }
      case 'windowInto': {
        const assigned = this.name('w');
        const i = this.name('i');
        const down = this.consume(output, { value, timestamp, windows: assigned, pane });
        return `const ${assigned} = A[${k}].assign(${timestamp});
if (!Array.isArray(${assigned}) || ${assigned}.length > 0) {
  for (let ${i} = Array.isArray(${windows}) ? ${windows}.length : 1; ${i} > 0; ${i}--) {
${down}
  }
}`;
      }
    }
  }

  /** A function that takes one output of a step that emits from inside a call. */
  private emitter(k: number, tagIndex: number | undefined, output: string): void {
    const name = this.name('emit');
    const down = this.consume(output, PARAMETERS);
    // Step and element are set again because what comes after the call belongs to them.
    this.emitters.push(`function ${name}(v, t, w, p) {
const outer = program.element; program.element = v;
${down}
program.step = ${k}; program.element = outer;
}`);
    const tag = tagIndex === undefined ? 'undefined' : `Object.keys(S[${k}].outputs)[${tagIndex}]`;
    this.emitTable.push(`[${k}, ${tag}, ${name}]`);
  }
}
