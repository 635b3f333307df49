import { MAX_TIMESTAMP } from 'millrace';
import { LOOPS, type Op, PERIOD, SIZE, sorted } from './stateful-script.js';

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
export class Model {
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
