import {
  bagState,
  combiningState,
  type DoFn,
  eventTimer,
  type KV,
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

export const declared = {
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

export type Declared = typeof declared;

/** What an element does to the state and timers of its key. */
export type Op =
  | { readonly op: 'write' | 'add' | 'drop'; readonly n: number }
  | { readonly op: 'clear' | 'brief' }
  | { readonly op: 'at'; readonly tag: string; readonly ahead: number; readonly back: number | undefined }
  | { readonly op: 'later'; readonly tag: string; readonly delay: number }
  | { readonly op: 'unset'; readonly family: 'at' | 'later'; readonly tag: string };

export const SIZE = 20;

/** A timer with this tag sets itself again, so long after. */
export const LOOPS = 'loop';

export const PERIOD = 3;

export const sorted = (values: Iterable<unknown>): string =>
  [...values]
    .map((value) => JSON.stringify(value))
    .sort()
    .join();

/** Says all that a key has. */
function seen({ state }: WindowContext<string, Declared>): string {
  const { value, bag, map, set, list, multimap, brief } = state;
  const parts = [value.read(), sorted(bag.read()), state.sum.read(), sorted(map.entries()), sorted(set.read())];
  parts.push([...list.read()].map((each) => `${each.value}@${each.timestamp}`).join());
  parts.push(sorted(multimap.entries()), brief.read());
  return parts.join('|');
}

export class Interpreter implements DoFn<KV<string, unknown>, string, Declared> {
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
