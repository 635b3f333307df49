import type { Timestamp } from '../model/time.js';
import { type BoundedWindow, GlobalWindow, type PaneInfo } from '../model/window.js';

/** An element of a collection with where it stands. */
export interface Placed<T> {
  readonly value: T;
  readonly place: Place;
}

/** As plain data, because it travels with the elements. */
export interface Place {
  readonly timestamp: Timestamp;
  readonly window: Pick<BoundedWindow, 'start' | 'end' | 'id'>;
  readonly pane: PaneInfo;
}

/** Which firings of a window a check is about. */
export interface PaneChoice {
  /** What they are called in a message. */
  readonly name: string;
  keeps(pane: PaneInfo): boolean;
  /** Set where every element of the window must be one of them. */
  readonly exclusive?: boolean;
}

export const PANES = {
  all: { name: 'all of', keeps: () => true },
  early: { name: 'the early panes of', keeps: ({ timing }) => timing === 'EARLY' },
  onTime: { name: 'the on-time pane of', keeps: ({ timing }) => timing === 'ON_TIME' },
  late: { name: 'the late panes of', keeps: ({ timing }) => timing === 'LATE' },
  nonLate: { name: 'the panes that are not late of', keeps: ({ timing }) => timing !== 'LATE' },
  final: { name: 'the final pane of', keeps: ({ isLast }) => isLast },
  only: { name: 'the only pane of', keeps: ({ isFirst, isLast }) => isFirst && isLast, exclusive: true },
} as const satisfies { readonly [name: string]: PaneChoice };

/** The elements that a check is about, the others of the collection, and those that stand where none should. */
export interface Chosen<T> {
  readonly inside: readonly T[];
  readonly elsewhere: readonly Placed<T>[];
  readonly wrong: readonly Placed<T>[];
}

export function choose<T>(all: readonly Placed<T>[], window: BoundedWindow, panes: PaneChoice): Chosen<T> {
  const inside: T[] = [];
  const elsewhere: Placed<T>[] = [];
  const wrong: Placed<T>[] = [];
  for (const element of all) {
    const { place } = element;
    if (!isSameWindow(place.window, window)) elsewhere.push(element);
    else if (panes.keeps(place.pane)) inside.push(element.value);
    else (panes.exclusive === true ? wrong : elsewhere).push(element);
  }
  return { inside, elsewhere, wrong };
}

export function windowText({ start, end, id }: Place['window']): string {
  const { start: first, end: last } = GlobalWindow.INSTANCE;
  const text = start === first && end === last ? 'the global window' : `[${start}, ${end})`;
  return id === undefined ? text : `${text} ${JSON.stringify(id)}`;
}

/** `in [0, 10), late pane 2 (last)` */
export function placeText({ window, pane }: Place): string {
  const { timing, index, isLast } = pane;
  const firing = timing === 'UNKNOWN' ? 'not fired' : `${timing.toLowerCase().replace('_', '-')} pane ${index}`;
  return `in ${windowText(window)}, ${firing}${isLast && timing !== 'UNKNOWN' ? ' (last)' : ''}`;
}

function isSameWindow(a: Place['window'], b: BoundedWindow): boolean {
  return a.start === b.start && a.end === b.end && a.id === b.id;
}
