import {
  bagState,
  combiningState,
  create,
  definePipeline,
  eventTimer,
  fixedWindows,
  type KV,
  mapState,
  multimapState,
  orderedListState,
  type Pipeline,
  processingTimer,
  seconds,
  setState,
  sum,
  valueState,
} from 'millrace';
import { AppendLines, output } from './append-lines.js';

type Pair = KV<string, number>;
const PAIRS: readonly Pair[] = [
  { key: 'a', value: 1_000 },
  { key: 'b', value: 2_000 },
  { key: 'a', value: 3_000 },
  { key: 'a', value: 12_000 },
];

/** The pairs in windows of ten seconds, at the instants that are their values. */
const pairs = (p: Pipeline) =>
  p
    .apply('pairs', create(PAIRS))
    .withTimestamps('at', ({ value }) => value)
    .windowInto('windows', fixedWindows(seconds(10)));

/** Every kind of cell, written while elements come and read at the end of the window. */
export const cells = definePipeline({
  name: 'cells',
  options: output,
  build(p, { output }) {
    pairs(p)
      .parDo(
        'keep',
        () => ({
          process({ value }: Pair, { state, timers, window }) {
            state.value.write((state.value.read() ?? 0) + 1);
            state.bag.add(value);
            state.sum.add(value);
            state.map.put(`${value}`, -value);
            state.map.put('last', value);
            state.set.add(value % 2_000);
            state.set.add(5);
            state.set.remove(5);
            state.list.add(`${value}`, -value);
            state.multimap.put('all', value);
            timers.end.set(window.maxTimestamp);
          },
          onTimer: {
            end({ key, state, timestamp, output }) {
              output([
                key,
                timestamp,
                state.value.read(),
                [...state.bag.read()].sort(),
                state.sum.read(),
                [...state.map.entries()].sort(),
                [...state.set.read()].sort(),
                [...state.list.read()].map(({ value }) => value),
                [...state.multimap.get('all')].sort(),
                state.unused.isEmpty(),
              ]);
              for (const cell of Object.values(state)) cell.clear();
            },
          },
        }),
        {
          state: {
            value: valueState<number>(),
            bag: bagState<number>(),
            sum: combiningState(sum()),
            map: mapState<string, number>({ ttl: seconds(1_000) }),
            set: setState<number>(),
            list: orderedListState<string>(),
            multimap: multimapState<string, number>(),
            unused: bagState<number>(),
          },
          timers: { end: eventTimer() },
        },
      )
      .parDo('write', () => new AppendLines(output));
  },
});

/** Timers by tag, one of them cleared, one set again by a firing, and one by the clock. */
export const timers = definePipeline({
  name: 'timers',
  options: output,
  build(p, { output }) {
    p.apply('pairs', create([{ key: 'k', value: 0 }]))
      .withTimestamps('at', ({ value }) => value)
      .parDo(
        'time',
        () => ({
          process(_: Pair, { timers }) {
            timers.later.set(20, { tag: 'two' });
            timers.later.set(10, { tag: 'one' });
            timers.later.set(15, { tag: 'never' });
            timers.later.clear('never');
            timers.later.set(30, { tag: 'moved' });
            timers.later.set(5, { tag: 'moved' });
            timers.soon.setAfter(1, { outputTimestamp: 7 });
            timers.soon.setAfter(2, { tag: 'never' });
            timers.soon.clear('never');
          },
          onTimer: {
            later({ tag, timestamp, firingTime, timers, output }) {
              output([tag, timestamp, firingTime]);
              if (tag === 'two') timers.later.set(40, { tag: 'again' });
            },
            soon({ tag, timestamp, output }) {
              output([`soon${tag}`, timestamp]);
            },
          },
        }),
        { timers: { later: eventTimer(), soon: processingTimer() } },
      )
      .parDo('write', () => new AppendLines(output));
  },
});

/** What is left when a window ends. */
export const expiration = definePipeline({
  name: 'expiration',
  options: output,
  build(p, { output }) {
    pairs(p)
      .parDo(
        'count',
        () => ({
          process(_: Pair, { state, timers, window }) {
            state.count.write((state.count.read() ?? 0) + 1);
            timers.before.set(window.maxTimestamp - 5_000);
          },
          onTimer: {
            before({ state, timers, window }) {
              state.count.write((state.count.read() ?? 0) + 10);
              // Due at once, and still before the end of the window.
              if ((state.count.read() ?? 0) < 20) timers.before.set(window.maxTimestamp);
            },
          },
          onWindowExpiration({ key, window, state, timestamp, output }) {
            output([key, window.start, state.count.read(), timestamp]);
          },
        }),
        { state: { count: valueState<number>() }, timers: { before: eventTimer() } },
      )
      .parDo('write', () => new AppendLines(output));
  },
});
