import type { FixedWidthType } from '../../sdk/coders/index.js';
import { type CombineFn, MillraceError } from '../../sdk/model/index.js';
import type { AccumulatorLayout, ColumnField } from './accumulator-layout.js';
import { previewElement } from './function-error.js';

/** How accumulators are read from and written to where they are kept. */
export interface AccumulatorText {
  /** Statements in the constructor. */
  readonly init: string;
  /** Statements that make room for index `at` and put an empty accumulator there. */
  readonly create: string;
  /** Declares `acc`: the accumulator at `at` of `self`, to be given to a function. */
  readonly load: (self: string, at: string, acc: string) => string;
  /** Keeps the value of `result` at `at`. */
  readonly store: (at: string, result: string) => string;
  /** An expression: the accumulator at `at` as a value of its own. */
  readonly copy: (at: string) => string;
  /** Before the class. */
  readonly prelude: string;
  /** Statements that touch the accumulators of the `n` keys in `found`, so that the memory is on its way. */
  readonly touch: string;
  /** Whether what `load` declares is one object for all calls. */
  readonly isShared: boolean;
}

/** What a generated class has to know by name where accumulators are columns. */
export function accumulatorValues(layout: AccumulatorLayout, combineFn: CombineFn<unknown, unknown, unknown>): object {
  const fields = fieldsOf(layout);
  const names = fields.map(({ name }) => name);
  return {
    names,
    template: layout.kind === 'struct' ? () => checkedAccumulator(combineFn, names) : undefined,
    bad: (index: number, value: unknown): Error => badField(fields[index]!, value),
  };
}

export function accumulatorText(layout: AccumulatorLayout): AccumulatorText {
  return layout.kind === 'opaque' ? OPAQUE : columns(layout, fieldsOf(layout));
}

function fieldsOf(layout: AccumulatorLayout): readonly ColumnField[] {
  switch (layout.kind) {
    case 'opaque':
      return [];
    case 'scalar':
      return [{ name: '', type: layout.type }];
    case 'struct':
      return layout.fields;
  }
}

const OPAQUE: AccumulatorText = {
  prelude: '',
  touch: `for (let j = 0; j < n; j++) if (typeof this.accumulators[found[j]] === 'symbol') touched++;`,
  isShared: false,
  init: 'this.accumulators = [];',
  create: 'this.accumulators[at] = fn.createAccumulator();',
  load: (self, at, acc) => `const ${acc} = ${self}.accumulators[${at}];`,
  store: (at, result) => `this.accumulators[${at}] = ${result};`,
  copy: (at) => `this.accumulators[${at}]`,
};

/** Accumulators as records of `fields` in one Float64Array. */
function columns(layout: AccumulatorLayout, fields: readonly ColumnField[]): AccumulatorText {
  const width = fields.length;
  const scalar = layout.kind === 'scalar';
  const member = (object: string, i: number): string => (scalar ? object : `${object}[n${i}]`);
  const place = (at: string, i: number): string => `${at} * ${width} + ${i}`;
  const each = (text: (type: FixedWidthType, i: number) => string): string =>
    fields.map(({ type }, i) => text(type, i)).join(' ');
  const write = (at: string, object: string): string =>
    each(
      (type, i) => `{ const x = ${member(object, i)}; if (${isNot(type)}) throw bad(${i}, x);
this.columns[${place(at, i)}] = ${type === 'boolean' ? 'x ? 1 : 0' : 'x'}; }`,
    );
  const read = (self: string, at: string, i: number, type: FixedWidthType): string =>
    `${self}.columns[${place(at, i)}]${type === 'boolean' ? ' !== 0' : ''}`;
  return {
    touch: `for (let j = 0; j < n; j++) if (this.columns[found[j] * ${width}] === 0.5) touched++;`,
    isShared: !scalar,
    // One object for each role, filled anew for every call: nothing is allocated for an element.
    prelude: scalar
      ? ''
      : `${each((_, i) => `const n${i} = names[${i}];`)}
const scratch_acc = template(), scratch_from = template();`,
    init: `lastRows = beginning(lastRows); this.columns = new Float64Array(lastRows * ${width});`,
    create: `if ((at + 1) * ${width} > this.columns.length) {
  lastRows = this.columns.length / ${width} * 2;
  const columns = new Float64Array(this.columns.length * 2);
  columns.set(this.columns);
  this.columns = columns;
}
const created = fn.createAccumulator();
${write('at', 'created')}`,
    load: (self, at, acc) =>
      scalar
        ? `const ${acc} = ${read(self, at, 0, fields[0]!.type)};`
        : `const ${acc} = scratch_${acc}; ${each((type, i) => `${acc}[n${i}] = ${read(self, at, i, type)};`)}`,
    store: (at, result) => write(at, result),
    copy: (at) =>
      scalar
        ? read('this', at, 0, fields[0]!.type)
        : `(() => { const copy = fn.createAccumulator(); ${each((type, i) => `copy[n${i}] = ${read('this', at, i, type)};`)} return copy; })()`,
  };
}

/** A condition under which `x` is no value of the type. */
function isNot(type: FixedWidthType): string {
  switch (type) {
    case 'boolean':
      return "typeof x !== 'boolean'";
    case 'double':
      return "typeof x !== 'number'";
    case 'int64':
      return '!Number.isSafeInteger(x)';
    case 'int32':
      return '(x | 0) !== x';
    case 'int16':
      return '(x << 16 >> 16) !== x';
  }
}

function badField({ name, type }: ColumnField, value: unknown): MillraceError {
  const what = name === '' ? 'the accumulator' : `the accumulator's field ${JSON.stringify(name)}`;
  return new MillraceError(
    'ACCUMULATOR_TYPE',
    'function',
    `${what} is declared as ${type}, got ${previewElement(value)}`,
    {
      hint: 'declare what the CombineFn really keeps, or leave its accumulatorCoder out',
    },
  );
}

/** A new accumulator, which must have the declared fields and no others. */
function checkedAccumulator(fn: CombineFn<unknown, unknown, unknown>, names: readonly string[]): unknown {
  const created = fn.createAccumulator();
  const own = typeof created === 'object' && created !== null ? Object.keys(created) : [];
  const fits = own.length === names.length && names.every((name) => own.includes(name));
  if (fits) return created;
  const declared = names.map((name) => JSON.stringify(name)).join(', ');
  throw new MillraceError(
    'ACCUMULATOR_TYPE',
    'function',
    `the accumulator is declared with the fields ${declared}, but createAccumulator() made ${previewElement(created)}`,
    { hint: 'declare all of its fields, or leave the accumulatorCoder out' },
  );
}
