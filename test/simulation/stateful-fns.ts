import {
  bagState,
  combiningState,
  type DoFn,
  type ExpirationContext,
  eventTimer,
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  type KV,
  mapState,
  multimapState,
  orderedListState,
  type PCollection,
  type ProcessContext,
  processingTimer,
  setState,
  sum,
  type TimerContext,
  valueState,
} from 'millrace';
import type { STATEFUL } from './scenario.js';

export type Pair = KV<string, string>;
export type Does = (typeof STATEFUL)[number];

/** Short, and the same for the same text: what is grouped again and again would grow without bound. */
export function digest(text: string): string {
  if (text.length < 60) return text;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return `#${(hash >>> 0).toString(36)}`;
}

export const sorted = (values: Iterable<unknown>): string => digest([...values].map(String).sort().join('+'));

/** What comes to another outcome when the elements of a key come in another order. */
export const IN_ORDER: ReadonlySet<Does> = new Set(['number', 'clock', 'sorted', 'loop', 'ttl', 'tags', 'cells']);

/** What sets timers that may be due already: these fire when the bundle ends, and what a bundle is nobody promises. */
export const IN_BUNDLES: ReadonlySet<Does> = new Set(['buffer', 'loop', 'clock', 'tags', 'sorted']);

/** A step with state and timers, of the kind that is named. */
export function stateful(input: PCollection<Pair>, name: string, does: Does, unit: number): PCollection<Pair> {
  const [declared, factory] = KINDS[does](unit);
  return (input as PCollection<never>).parDo(name, factory as never, declared as never) as unknown as PCollection<Pair>;
}

type Kind = (unit: number) => readonly [declared: object, factory: () => object];

const KINDS: { readonly [D in Does]: Kind } = {
  buffer,
  number,
  loop,
  clock,
  expire,
  tags,
  cells,
  sorted: inOrder,
  ttl,
  window,
};

function buffer(unit: number): readonly [object, () => object] {
  const declared = { state: { bag: bagState<string>() }, timers: { flush: eventTimer() } };
  type D = typeof declared;
  return [
    declared,
    (): DoFn<Pair, Pair, D> => ({
      process({ value }, { state, timers, timestamp, window }) {
        state.bag.add(value);
        const period = 8 * unit;
        timers.flush.set(Math.min((Math.floor(timestamp / period) + 1) * period, window.maxTimestamp), {
          tag: String(Math.floor(timestamp / period)),
        });
      },
      onTimer: {
        flush: ({ key, state, output }) => {
          if (state.bag.isEmpty()) return;
          output({ key: key as string, value: `flush(${sorted(state.bag.read())})` });
          state.bag.clear();
        },
      },
    }),
  ];
}

function number(): readonly [object, () => object] {
  const declared = { state: { seen: valueState<number>(), sum: combiningState(sum()) } };
  return [
    declared,
    (): DoFn<Pair, Pair, typeof declared> => ({
      process({ key, value }, { state, output }) {
        const seen = (state.seen.read() ?? 0) + 1;
        state.seen.write(seen);
        state.sum.add(value.length);
        output({ key, value: digest(`${value}#${seen}/${state.sum.read()}`) });
      },
    }),
  ];
}

function loop(unit: number): readonly [object, () => object] {
  const declared = { state: { turns: valueState<number>(), seen: bagState<string>() }, timers: { next: eventTimer() } };
  type D = typeof declared;
  return [
    declared,
    (): DoFn<Pair, Pair, D> => ({
      process({ value }, { state, timers, timestamp, window }) {
        state.seen.add(value);
        if (state.turns.read() !== undefined) return;
        state.turns.write(0);
        timers.next.set(Math.min(timestamp + unit, window.maxTimestamp));
      },
      onTimer: {
        next: ({ key, state, timers, firingTime, window, output }: TimerContext<Pair, D>) => {
          const turn = state.turns.read()! + 1;
          state.turns.write(turn);
          output({ key: key as string, value: `turn ${turn} of ${sorted(state.seen.read())}` });
          if (turn < 4 && firingTime + 3 * unit <= window.maxTimestamp) timers.next.set(firingTime + 3 * unit);
        },
      },
    }),
  ];
}

function clock(): readonly [object, () => object] {
  const declared = {
    state: { bag: bagState<string>() },
    timers: { later: processingTimer(), aligned: processingTimer() },
  };
  type D = typeof declared;
  const fire = (how: string) => (context: TimerContext<Pair, D>) => {
    const { key, state, output } = context;
    output({ key: key as string, value: `${how}(${sorted(state.bag.read())})` });
    if (how === 'later') state.bag.clear();
  };
  return [
    declared,
    (): DoFn<Pair, Pair, D> => ({
      process({ value }, { state, timers }) {
        if (state.bag.isEmpty()) timers.later.setAfter(4);
        timers.aligned.setAfter(2, { alignTo: 9 });
        state.bag.add(value);
      },
      onTimer: { later: fire('later'), aligned: fire('aligned') },
    }),
  ];
}

function expire(): readonly [object, () => object] {
  const declared = { state: { bag: bagState<string>() } };
  return [
    declared,
    (): DoFn<Pair, Pair, typeof declared> => ({
      process({ value }, { state }) {
        state.bag.add(value);
      },
      onWindowExpiration({ key, state, output }: ExpirationContext<Pair, typeof declared>) {
        output({ key: key as string, value: `expired(${sorted(state.bag.read())})` });
      },
    }),
  ];
}

/** Timers by tag, of which later elements clear those of earlier ones, and that clear each other. */
function tags(unit: number): readonly [object, () => object] {
  const declared = { state: { tags: setState<string>() }, timers: { at: eventTimer(), wipe: eventTimer() } };
  type D = typeof declared;
  return [
    declared,
    (): DoFn<Pair, Pair, D> => ({
      process({ value }, { state, timers, timestamp, window }) {
        const tag = String(value.length % 3);
        if (state.tags.has(tag) && value.length % 2 === 0) {
          timers.at.clear(tag);
          state.tags.remove(tag);
          return;
        }
        state.tags.add(tag);
        // Those of a family at even instants, those of the other at odd ones: of two that are due at once, either may be first.
        const at = Math.ceil((timestamp + (1 + Number(tag)) * 4 * unit) / 2) * 2;
        if (at + 9 * unit > window.maxTimestamp) return;
        timers.at.set(at, { tag, outputTimestamp: Math.min(timestamp + unit, at) });
        if (tag === '2') timers.wipe.set(Math.floor((timestamp + 10 * unit) / 2) * 2 - 1);
      },
      onTimer: {
        at: ({ key, tag, firingTime, state, output }) => {
          state.tags.remove(tag);
          output({ key: key as string, value: `tag ${tag} at ${firingTime}` });
        },
        wipe: ({ key, state, timers, output }) => {
          const left = sorted(state.tags.read());
          for (const tag of [...state.tags.read()]) timers.at.clear(tag);
          state.tags.clear();
          output({ key: key as string, value: `wiped ${left}` });
        },
      },
    }),
  ];
}

function cells(): readonly [object, () => object] {
  const declared = {
    state: {
      map: mapState<string, number>(),
      list: orderedListState<string>(),
      multimap: multimapState<number, string>(),
    },
  };
  return [
    declared,
    (): DoFn<Pair, Pair, typeof declared> => ({
      process({ key, value }, { state, timestamp, output }) {
        const { map, list, multimap } = state;
        map.put(value, (map.get(value) ?? 0) + 1);
        list.add(value, timestamp);
        multimap.put(value.length % 3, value);
        if (value.length % 5 === 4) multimap.remove(1);
        if (value.length % 7 === 6) list.clearRange(timestamp - 9, timestamp);
        const parts = [
          sorted(map.entries()),
          [...list.readRange(timestamp - 20, timestamp + 20)].map((each) => `${each.value}@${each.timestamp}`).join(),
          sorted(multimap.entries()),
        ];
        output({ key, value: digest(parts.join('|')) });
      },
    }),
  ];
}

function inOrder(): readonly [object, () => object] {
  const declared = { state: { last: valueState<string>() } };
  return [
    { ...declared, requiresTimeSortedInput: true },
    (): DoFn<Pair, Pair, typeof declared> => ({
      process({ key, value }, { state, output }) {
        const all = digest(`${state.last.read() ?? ''}>${value}`);
        state.last.write(all);
        output({ key, value: all });
      },
    }),
  ];
}

function ttl(): readonly [object, () => object] {
  const declared = { state: { brief: valueState<number>({ ttl: 5 }), bag: bagState<string>({ ttl: 9 }) } };
  return [
    declared,
    (): DoFn<Pair, Pair, typeof declared> => ({
      process({ key, value }, { state, output }) {
        const seen = (state.brief.read() ?? 0) + 1;
        state.brief.write(seen);
        state.bag.add(value);
        output({ key, value: digest(`${seen} lately: ${sorted(state.bag.read())}`) });
      },
    }),
  ];
}

/** Emits at the end of the window what was there, and again when it expires. */
function window(): readonly [object, () => object] {
  const declared = { state: { seen: setState<string>() }, timers: { end: eventTimer() } };
  type D = typeof declared;
  return [
    declared,
    (): DoFn<Pair, Pair, D> => ({
      process({ value }, { state, timers, window: { maxTimestamp } }: ProcessContext<Pair, D>) {
        state.seen.add(value);
        timers.end.set(Math.min(maxTimestamp, GLOBAL_WINDOW_MAX_TIMESTAMP));
      },
      onTimer: {
        end: ({ key, state, output }) => output({ key: key as string, value: `end(${sorted(state.seen.read())})` }),
      },
      onWindowExpiration({ key, state, output }: ExpirationContext<Pair, D>) {
        output({ key: key as string, value: `closed(${sorted(state.seen.read())})` });
      },
    }),
  ];
}
