import fc from 'fast-check';
import {
  bagState,
  combiningState,
  type DoFn,
  eventTimer,
  fixedWindows,
  type KV,
  MAX_TIMESTAMP,
  mapState,
  multimapState,
  orderedListState,
  type ProcessContext,
  processingTimer,
  setState,
  sum,
  type TimerContext,
  valueState,
  type WindowContext,
} from 'millrace';
import { expect, test } from 'vitest';
import { StatefulHost } from './stateful-host.js';

const declared = {
  state: {
    value: valueState<number>(),
    bag: bagState<number>(),
    sum: combiningState(sum()),
    map: mapState<number, number>(),
    set: setState<number>(),
    list: orderedListState<number>(),
    multimap: multimapState<number, number>(),
    brief: valueState<number>({ ttl: 40 }),
  },
  timers: { at: eventTimer(), later: processingTimer() },
};
type Declared = typeof declared;

/** What an element does to the state and timers of its key. */
type Op =
  | { readonly op: 'write' | 'add' | 'drop'; readonly n: number }
  | { readonly op: 'clear' | 'brief' }
  | { readonly op: 'at'; readonly tag: string; readonly ahead: number; readonly back: number | undefined }
  | { readonly op: 'later'; readonly tag: string; readonly delay: number }
  | { readonly op: 'unset'; readonly family: 'at' | 'later'; readonly tag: string };

type Command =
  | { readonly kind: 'element'; readonly key: string; readonly at: number; readonly ops: readonly Op[] }
  | { readonly kind: 'watermark'; readonly by: number }
  | { readonly kind: 'clock'; readonly by: number }
  | { readonly kind: 'restore'; readonly owners: number };

const SIZE = 20;
/** A timer with this tag sets itself again, so long after. */
const LOOPS = 'loop';
const PERIOD = 3;

/** Says all that a key has. */
function seen({ state }: WindowContext<string, Declared>): string {
  const sorted = (values: Iterable<unknown>): string =>
    [...values]
      .map((value) => JSON.stringify(value))
      .sort()
      .join();
  const { value, bag, map, set, list, multimap, brief } = state;
  const parts = [value.read(), sorted(bag.read()), state.sum.read(), sorted(map.entries()), sorted(set.read())];
  parts.push([...list.read()].map((each) => `${each.value}@${each.timestamp}`).join());
  parts.push(sorted(multimap.entries()), brief.read());
  return parts.join('|');
}

class Interpreter implements DoFn<KV<string, unknown>, string, Declared> {
  process(element: KV<string, unknown>, context: ProcessContext<string, Declared>): void {
    const { state, timers, timestamp, window } = context;
    for (const op of element.value as readonly Op[]) {
      switch (op.op) {
        case 'write':
          state.value.write(op.n);
          state.map.put(op.n % 3, op.n);
          break;
        case 'add':
          state.bag.add(op.n);
          state.sum.add(op.n);
          state.set.add(op.n % 4);
          state.list.add(op.n, op.n % 5);
          state.multimap.put(op.n % 2, op.n);
          break;
        case 'drop':
          state.map.remove(op.n % 3);
          state.set.remove(op.n % 4);
          state.multimap.remove(op.n % 2);
          state.list.clearRange(op.n % 5, 5);
          break;
        case 'clear':
          for (const cell of Object.values(state)) cell.clear();
          break;
        case 'brief':
          state.brief.write(1);
          break;
        case 'at': {
          const firing = Math.min(timestamp + op.ahead, window.maxTimestamp);
          const output = op.back === undefined ? undefined : Math.max(timestamp, firing - op.back);
          const isEarlier = output !== undefined && output <= firing;
          timers.at.set(firing, { tag: op.tag, ...(isEarlier && { outputTimestamp: output }) });
          break;
        }
        case 'later':
          timers.later.setAfter(op.delay, { tag: op.tag });
          break;
        case 'unset':
          timers[op.family].clear(op.tag);
      }
    }
    context.output(`element ${element.key} ${seen(context)}`);
  }

  readonly onTimer = {
    at: (context: TimerContext<string, Declared>): void => {
      const { key, tag, firingTime, window, timers } = context;
      context.output(`at ${key} ${tag} ${firingTime} ${seen(context)}`);
      if (tag === LOOPS && firingTime + PERIOD <= window.maxTimestamp)
        timers.at.set(firingTime + PERIOD, { tag, outputTimestamp: Math.max(context.timestamp, firingTime) });
    },
    later: (context: TimerContext<string, Declared>): void => {
      const { key, tag, firingTime } = context;
      context.output(`later ${key} ${tag} ${firingTime} ${seen(context)}`);
    },
  };

  onWindowExpiration(context: WindowContext<string, Declared> & { readonly key: unknown }): void {
    context.output(`expired ${context.key} ${context.window.start} ${seen(context)}`);
  }
}

interface Timer {
  readonly family: 'at' | 'later';
  readonly tag: string;
  readonly firing: number;
  readonly output: number;
}

interface Cell {
  readonly key: string;
  readonly start: number;
  value: number | undefined;
  added: number[];
  map: Map<number, number>;
  set: Set<number>;
  list: { value: number; timestamp: number }[];
  multimap: [number, number][];
  brief: number | undefined;
  hadTimer: boolean;
  timers: Timer[];
}

/** The same by plain searches over lists. */
class Model {
  private readonly cells = new Map<string, Cell>();
  watermark = Number.MIN_SAFE_INTEGER;
  now = 1_000;
  dropped = 0;
  out: string[] = [];

  constructor(
    private readonly lateness: number,
    private readonly expires: boolean,
  ) {}

  element(key: string, at: number, ops: readonly Op[]): void {
    const start = Math.floor(at / SIZE) * SIZE;
    if (this.expiry(start) < this.watermark) {
      this.dropped++;
      return;
    }
    const id = `${key}@${start}`;
    const cell = this.cells.get(id) ?? emptyCell(key, start);
    this.cells.set(id, cell);
    for (const op of ops) this.apply(cell, at, op);
    this.emit(`element ${key} ${this.seen(cell)}`, at);
    this.settle();
  }

  advanceTo(watermark: number): void {
    this.watermark = watermark;
    this.settle();
  }

  advance(by: number): void {
    const until = this.now + by;
    // The clock rings for each of them on its way; what they do takes no time.
    this.now = until;
    this.settle();
  }

  get outputWatermark(): number {
    const timers = [...this.cells.values()].flatMap((cell) => cell.timers);
    return Math.min(
      this.watermark,
      ...timers
        .filter(({ family, firing, output }) => family === 'later' || output < firing)
        .map(({ output }) => output),
    );
  }

  private expiry(start: number): number {
    return start + SIZE - 1 + this.lateness;
  }

  private apply(cell: Cell, at: number, op: Op): void {
    const last = cell.start + SIZE - 1;
    switch (op.op) {
      case 'write':
        cell.value = op.n;
        cell.map.set(op.n % 3, op.n);
        break;
      case 'add':
        cell.added.push(op.n);
        cell.set.add(op.n % 4);
        cell.list.push({ value: op.n, timestamp: op.n % 5 });
        cell.multimap.push([op.n % 2, op.n]);
        break;
      case 'drop':
        cell.map.delete(op.n % 3);
        cell.set.delete(op.n % 4);
        cell.multimap = cell.multimap.filter(([key]) => key !== op.n % 2);
        cell.list = cell.list.filter(({ timestamp }) => timestamp < op.n % 5);
        break;
      case 'clear':
        Object.assign(cell, emptyCell(cell.key, cell.start), { timers: cell.timers, hadTimer: cell.hadTimer });
        break;
      case 'brief':
        cell.brief = this.now;
        break;
      case 'at': {
        const firing = Math.min(at + op.ahead, last);
        const output = op.back === undefined ? firing : Math.max(at, firing - op.back);
        this.set(cell, { family: 'at', tag: op.tag, firing, output: Math.min(output, firing) });
        break;
      }
      case 'later':
        this.set(cell, { family: 'later', tag: op.tag, firing: this.now + op.delay, output: at });
        break;
      case 'unset':
        this.unset(cell, op.family, op.tag);
    }
  }

  private set(cell: Cell, timer: Timer): void {
    this.unset(cell, timer.family, timer.tag);
    cell.timers.push(timer);
    cell.hadTimer = true;
  }

  private unset(cell: Cell, family: string, tag: string): void {
    cell.timers = cell.timers.filter((timer) => timer.family !== family || timer.tag !== tag);
  }

  private settle(): void {
    for (;;) {
      const all = [...this.cells.values()].flatMap((cell) => cell.timers.map((timer) => ({ cell, timer })));
      const least = (family: string) =>
        all.filter(({ timer }) => timer.family === family).sort((a, b) => a.timer.firing - b.timer.firing)[0];
      const later = least('later');
      if (later !== undefined && later.timer.firing <= this.now) {
        this.fire(later.cell, later.timer);
        continue;
      }
      const at = least('at');
      const cell = [...this.cells.values()].sort((a, b) => a.start - b.start)[0];
      const expiry = cell === undefined ? Number.POSITIVE_INFINITY : this.expiry(cell.start);
      if (at !== undefined && at.timer.firing < this.watermark && at.timer.firing <= expiry) {
        this.fire(at.cell, at.timer);
        continue;
      }
      if (cell === undefined || expiry >= this.watermark) return;
      const waiting = all
        .filter((each) => each.cell.start === cell.start && each.timer.family === 'later')
        .sort((a, b) => a.timer.firing - b.timer.firing)[0];
      if (this.watermark === MAX_TIMESTAMP && waiting !== undefined) this.fire(waiting.cell, waiting.timer);
      else this.expire(cell);
    }
  }

  private fire(cell: Cell, timer: Timer): void {
    const { family, tag, firing, output } = timer;
    this.unset(cell, family, tag);
    this.emit(`${family} ${cell.key} ${tag} ${firing} ${this.seen(cell)}`, output);
    const next = firing + PERIOD;
    if (family === 'at' && tag === LOOPS && next <= cell.start + SIZE - 1)
      this.set(cell, { family, tag, firing: next, output: Math.max(output, firing) });
  }

  private expire(cell: Cell): void {
    this.cells.delete(`${cell.key}@${cell.start}`);
    const text = this.seen(cell);
    const isEmpty = text === this.seen(emptyCell(cell.key, cell.start));
    if (this.expires && (!isEmpty || cell.hadTimer))
      this.emit(`expired ${cell.key} ${cell.start} ${text}`, cell.start + SIZE - 1);
  }

  private seen(cell: Cell): string {
    const sorted = (values: Iterable<unknown>): string =>
      [...values]
        .map((value) => JSON.stringify(value))
        .sort()
        .join();
    const list = cell.list.map((each, i) => ({ ...each, i }));
    list.sort((a, b) => a.timestamp - b.timestamp || a.i - b.i);
    const brief = cell.brief !== undefined && this.now < cell.brief + 40 ? 1 : undefined;
    return [
      cell.value,
      sorted(cell.added),
      cell.added.reduce((a, b) => a + b, 0),
      sorted(cell.map),
      sorted(cell.set),
      list.map(({ value, timestamp }) => `${value}@${timestamp}`).join(),
      sorted(cell.multimap),
      brief,
    ].join('|');
  }

  private emit(text: string, timestamp: number): void {
    this.out.push(`${text} @${timestamp}`);
  }
}

function emptyCell(key: string, start: number): Cell {
  return {
    key,
    start,
    value: undefined,
    added: [],
    map: new Map(),
    set: new Set(),
    list: [],
    multimap: [],
    brief: undefined,
    hadTimer: false,
    timers: [],
  };
}

const tag = fc.constantFrom('', 'x', 'y', LOOPS);
const n = fc.nat(20);
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constantFrom('write' as const, 'add' as const, 'drop' as const), n }),
  fc.record({ op: fc.constantFrom('clear' as const, 'brief' as const) }),
  fc.record({
    op: fc.constant('at' as const),
    tag,
    ahead: fc.integer({ min: -5, max: 25 }),
    back: fc.option(fc.nat(9), { nil: undefined }),
  }),
  fc.record({ op: fc.constant('later' as const), tag, delay: fc.nat(60) }),
  fc.record({ op: fc.constant('unset' as const), family: fc.constantFrom('at' as const, 'later' as const), tag }),
);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('element' as const),
      key: fc.constantFrom('a', 'b', 'c'),
      at: fc.integer({ min: -20, max: 79 }),
      ops: fc.array(op, { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('watermark' as const), by: fc.nat(15) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('clock' as const), by: fc.nat(50) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restore' as const), owners: fc.integer({ min: 1, max: 3 }) }),
  },
);

test.each([
  { lateness: 0, expires: true },
  { lateness: 7, expires: false },
])('does what a plain search over lists does: %o', async ({ lateness, expires }) => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
      const make = (): Interpreter => {
        const made = new Interpreter();
        if (!expires) Object.assign(made, { onWindowExpiration: undefined });
        return made;
      };
      const host = new StatefulHost(
        (input) => input.parDo<string, Declared>('Interpret', make, declared),
        (input) => input.windowInto(fixedWindows(SIZE), { allowedLateness: lateness }),
      );
      const model = new Model(lateness, expires);
      let watermark = -25;
      const both = (at: number): void => {
        host.watermark(at);
        model.advanceTo(at);
      };
      both(watermark);
      const check = (): void => {
        const found = host.take().map(({ value, timestamp }) => `${value} @${timestamp}`);
        expect(found.sort()).toEqual(model.out.splice(0).sort());
        expect(host.dropped()).toBe(model.dropped);
        expect(host.outputWatermark).toBe(model.outputWatermark);
      };
      for (const each of commands) {
        switch (each.kind) {
          case 'element':
            host.process(each.key, each.ops, each.at);
            model.element(each.key, each.at, each.ops);
            break;
          case 'watermark':
            watermark += each.by;
            both(watermark);
            break;
          case 'clock':
            host.advance(each.by);
            model.advance(each.by);
            break;
          case 'restore':
            await host.restore(each.owners);
            both(watermark);
        }
        check();
      }
      both(MAX_TIMESTAMP);
      check();
    }),
    { numRuns: 150 },
  );
});
