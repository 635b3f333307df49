import { MAIN_TAG, MAX_TIMESTAMP, MIN_TIMESTAMP, NO_FIRING_PANE, type Windows } from '../../sdk/model/index.js';
import type { Emit } from './do-fn-runtime.js';
import { badTimestamp, notKeyed, timestampSkew } from './function-error.js';
import { generate } from './generate.js';
import { FoldPort } from './output.js';
import type { ElementOutput, ProcessBatch, SegmentForm, SegmentProgram } from './segment.js';
import { declined } from './segment-interpreted.js';
import type { Step } from './step.js';

/**
 * The compiled form of a segment: one JavaScript function for the whole batch, so that every call site sees one function
 * only and keeps its own inline cache. The text is made of indices alone; nothing from the plan is ever part of it.
 */
export function compileSteps(program: SegmentProgram, owner: object): SegmentForm {
  const writer = new SegmentWriter(program);
  const text = writer.write();
  const values = {
    program,
    gate: program.gate,
    F: program.steps.map(({ body }) => ('fn' in body ? body.fn : undefined)),
    A: program.steps.map(({ body }) => (body.kind === 'windowInto' ? body.assigner : undefined)),
    C: program.steps.map(({ body }) => (body.kind === 'customWindowInto' ? body.windows : undefined)),
    D: program.steps.map(({ body }) => (body.kind === 'doFn' ? body.doFn : undefined)),
    R: program.runtimes,
    O: writer.ports,
    S: program.steps,
    PANE: NO_FIRING_PANE,
    MIN: MIN_TIMESTAMP,
    MAX: MAX_TIMESTAMP,
    declined,
    badTimestamp,
    timestampSkew,
    notKeyed,
    fail: (error: unknown, step: number, element: unknown) => program.failure(error, step, element),
  };
  const { run, Output, emits } = generate(owner, values, text) as Generated;
  for (const [index, tag, emit] of emits) {
    if (tag === undefined) program.emits[index] = emit;
    else program.runtimes[index]!.connect(tag, emit);
  }
  return { run, openOutput: (windows) => new Output(windows) };
}

interface Generated {
  readonly run: ProcessBatch;
  readonly Output: new (windows: Windows) => ElementOutput;
  readonly emits: readonly [step: number, tag: string | undefined, emit: Emit][];
}

/** A list of results up to this length is handed on without looking whether the output takes it. */
const SHORT = 64;

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
  private readonly constants: string[] = [];
  private readonly emitters: string[] = [];
  private readonly emitTable: string[] = [];
  private names = 0;

  constructor(private readonly program: SegmentProgram) {}

  write(): string {
    const body = this.consume(this.program.input, PARAMETERS);
    return `${this.constants.join('\n')}
${this.emitters.join('\n')}
function run(batch, from) {
  const n = batch.length, values = batch.values, timestamps = batch.timestamps;
  const windowColumn = batch.windowColumn, paneColumn = batch.paneColumn, keyed = batch.keys !== undefined;
  let i = from, v, s = 0;
  try {
    for (; i < n; i++) {
      if (gate.blocked) return i;
      v = keyed ? batch.valueAt(i) : values[i];
      const t = timestamps[i];
      const w = windowColumn === undefined ? batch.window : windowColumn[i];
      const p = paneColumn === undefined ? batch.pane : paneColumn[i];
${body}
    }
    return n;
  } catch (error) { throw fail(error, s, v); }
}
class Output {
  constructor(windows) { this.count = 0; this.windows = windows; }
  emit(v, t) {
    this.count++;
    const w = this.windows, p = PANE;
    let s = 0;
    try {
${body}
    } catch (error) { throw fail(error, s, v); }
  }
}
return { run, Output, emits: [${this.emitTable.join(', ')}] };`;
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
      const index = this.ports.push(port) - 1;
      const o = `O[${index}]`;
      if (port instanceof FoldPort) {
        const keyed = at.key === undefined;
        const v = locals.value;
        if (keyed) parts.push(`if (typeof ${v} !== 'object' || ${v} === null) throw notKeyed(${v});`);
        parts.push(this.fold(index, keyed ? `${v}.key` : at.key!, keyed ? `${v}.value` : at.value, at.windows));
        continue;
      }
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

  /** Into a grouping of the same task; the table of the last windows is called without asking further. */
  private fold(index: number, key: string, value: string, windows: string): string {
    const sink = `K${index}`;
    this.constants.push(`const ${sink} = O[${index}].sink;`);
    return `if (${windows} === ${sink}.tableWindows) ${sink}.table.put(${key}, ${value});
else ${sink}.fold(${key}, ${value}, ${windows});`;
  }

  private step(step: Step, at: Locals): string {
    const k = step.index;
    const { value, timestamp, windows, pane } = at;
    // Which step is running is known from a local variable: that costs nothing until something is thrown.
    const enter = `s = ${k};`;
    if (step.body.kind === 'doFn') {
      this.constants.push(`const rt${k} = R[${k}], fn${k} = D[${k}];`);
      for (const [index, [tag, id]] of Object.entries(step.outputs).entries()) {
        const emit = this.emitter(k, index, id);
        // The element's own time, window and pane stand in the context of the DoFn.
        if (tag !== MAIN_TAG) continue;
        this.emitters.push(
          `rt${k}.output = function (v) { ${emit}(v, rt${k}.timestamp, rt${k}.window, rt${k}.pane); };`,
        );
      }
      const r = this.name('r');
      return `${enter}
if (Array.isArray(${windows})) R[${k}].process(${value}, ${timestamp}, ${windows}, ${pane});
else {
  ${this.program.runtimes[k]!.hasBundles ? `rt${k}.enter();` : ''}
  rt${k}.timestamp = ${timestamp};
  // Mostly those of the element before: to look costs less than to write.
  if (rt${k}.window !== ${windows}) rt${k}.window = ${windows};
  if (rt${k}.pane !== ${pane}) rt${k}.pane = ${pane};
  const ${r} = fn${k}.process(${value}, rt${k}); if (${r} instanceof Promise) throw declined(${r});
}`;
    }
    const output = step.outputs[MAIN_TAG]!;
    if ('fn' in step.body) this.constants.push(`const f${k} = F[${k}];`);
    switch (step.body.kind) {
      case 'map': {
        const r = this.name('r');
        return `${enter} const ${r} = f${k}(${value}); if (${r} instanceof Promise) throw declined(${r});
${this.consume(output, { value: r, timestamp, windows, pane })}`;
      }
      case 'filter': {
        const r = this.name('r');
        return `${enter} const ${r} = f${k}(${value}); if (${r} instanceof Promise) throw declined(${r});
if (${r}) {
${this.consume(output, at)}
}`;
      }
      case 'keyBy': {
        const key = this.name('k');
        return `${enter} const ${key} = f${k}(${value}); if (${key} instanceof Promise) throw declined(${key});
${this.consume(output, { value, key, timestamp, windows, pane })}`;
      }
      case 'flatMap': {
        const emit = this.emitter(k, undefined, output);
        const r = this.name('r');
        const i = this.name('i');
        return `${enter} const ${r} = f${k}(${value});
if (Array.isArray(${r}) && ${r}.length <= ${SHORT} && program.pendingCount === 0 && !gate.blocked) {
  for (let ${i} = 0; ${i} < ${r}.length; ${i}++) ${emit}(${r}[${i}], ${timestamp}, ${windows}, ${pane});
} else program.iterate(${k}, ${r}, ${value}, ${timestamp}, ${windows}, ${pane});`;
      }
      case 'withTimestamps': {
        const moved = this.name('t');
        const skew = `S[${k}].body.allowedSkewMs`;
        return `${enter} const ${moved} = f${k}(${value});
if (!Number.isInteger(${moved}) || !(${moved} >= MIN && ${moved} <= MAX)) throw badTimestamp(${moved});
if (${moved} < ${timestamp} && ${moved} < ${timestamp} - ${skew}) throw timestampSkew(${timestamp}, ${moved}, ${skew});
${this.consume(output, { value, timestamp: moved, windows, pane })}`;
      }
      case 'windowInto': {
        const assigned = this.name('w');
        const i = this.name('i');
        const down = this.consume(output, { value, timestamp, windows: assigned, pane });
        this.constants.push(`const a${k} = A[${k}];`);
        return `const ${assigned} = ${timestamp} >= a${k}.from && ${timestamp} < a${k}.until ? a${k}.current : a${k}.assign(${timestamp});
if (!Array.isArray(${assigned}) || ${assigned}.length > 0) {
  for (let ${i} = Array.isArray(${windows}) ? ${windows}.length : 1; ${i} > 0; ${i}--) {
${down}
  }
}`;
      }
      case 'customWindowInto': {
        const assigned = this.name('w');
        const i = this.name('i');
        const down = this.consume(output, { value, timestamp, windows: assigned, pane });
        this.constants.push(`const c${k} = C[${k}];`);
        return `for (let ${i} = 0; ${i} < (Array.isArray(${windows}) ? ${windows}.length : 1); ${i}++) {
  const ${assigned} = c${k}.assign(${value}, ${timestamp}, Array.isArray(${windows}) ? ${windows}[${i}] : ${windows});
  if (!Array.isArray(${assigned}) || ${assigned}.length > 0) {
${down}
  }
}`;
      }
    }
  }

  /** A function that takes one output of a step that emits from inside a call; answers its name. */
  private emitter(k: number, tagIndex: number | undefined, output: string): string {
    const name = this.name('emit');
    // An error behind the call is not one of the function that called.
    this.emitters.push(`function ${name}(v, t, w, p) {
let s = ${k};
try {
${this.consume(output, PARAMETERS)}
} catch (error) { throw fail(error, s, v); }
}`);
    const tag = tagIndex === undefined ? 'undefined' : `Object.keys(S[${k}].outputs)[${tagIndex}]`;
    this.emitTable.push(`[${k}, ${tag}, ${name}]`);
    return name;
  }
}
