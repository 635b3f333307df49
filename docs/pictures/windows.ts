/** The same page views in fixed, in sliding and in session windows, as a pipeline puts them there. */
import {
  type DoFn,
  fixedWindows,
  type KV,
  type ProcessContext,
  seconds,
  sessionWindows,
  slidingWindows,
  type WindowFnDescriptor,
} from 'millrace';
import { testPipeline, testStream, timestamped } from 'millrace/testing';
import { box, dot, line, picture, text } from './svg.js';

const USERS = ['ada', 'grace'] as const;
const VIEWS: readonly KV<string, number>[] = [
  ...[2, 8, 13, 34, 41, 44].map((value) => ({ key: 'ada', value })),
  ...[5, 21, 26, 29, 52].map((value) => ({ key: 'grace', value })),
];

interface Counted {
  readonly user: string;
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

class SeeWindow implements DoFn<KV<string, number>, never> {
  constructor(private readonly seen: Counted[]) {}

  process({ key, value }: KV<string, number>, { window }: ProcessContext<never>): void {
    this.seen.push({ user: key, count: value, start: window.start / 1_000, end: window.end / 1_000 });
  }
}

/** How many views each user has in each window, in order of time. */
async function countsIn(windows: WindowFnDescriptor): Promise<Counted[]> {
  const seen: Counted[] = [];
  const views = testStream<KV<string, number>>()
    .addElements(...VIEWS.map((view) => timestamped(view, seconds(view.value))))
    .advanceWatermarkToInfinity();
  await testPipeline((p) => {
    p.apply(views)
      .windowInto(windows)
      .countPerKey()
      .parDo('see', () => new SeeWindow(seen));
  });
  return seen.sort((a, b) => a.start - b.start);
}

const LEFT = 80;
const WIDTH = 760;
const MOST = 70;
const x = (second: number): number => LEFT + ((second + 10) * (WIDTH - LEFT - 20)) / (MOST + 10);

/** Bars under the dots of a user: as few rows as there can be without one covering another. */
function bars(
  counts: readonly Counted[],
  top: number,
  kind: string,
): { readonly parts: string[]; readonly rows: number } {
  const ends: number[] = [];
  const parts = counts.flatMap(({ count, start, end }) => {
    let row = ends.findIndex((before) => before <= start);
    if (row < 0) row = ends.length;
    ends[row] = end;
    const y = top + row * 22;
    return [
      box(x(start) + 1, y, x(end) - x(start) - 2, 18, kind),
      text((x(start) + x(end)) / 2, y + 13, String(count), { 'text-anchor': 'middle' }),
    ];
  });
  return { parts, rows: ends.length };
}

export async function windowsPicture(): Promise<string> {
  const panels = [
    { title: 'fixedWindows(seconds(20))', counts: await countsIn(fixedWindows(seconds(20))) },
    {
      title: 'slidingWindows(seconds(20), seconds(10))',
      counts: await countsIn(slidingWindows(seconds(20), seconds(10))),
    },
    { title: 'sessionWindows(seconds(10))', counts: await countsIn(sessionWindows(seconds(10))) },
  ];
  const parts: string[] = [];
  let y = 30;
  for (const { title, counts } of panels) {
    const grid = parts.length;
    const top = y + 12;
    parts.push(text(16, y, title, { class: 'title' }));
    y += 32;
    for (const user of USERS) {
      const isFirst = user === USERS[0];
      parts.push(text(16, y + 5, user));
      for (const { key, value } of VIEWS) if (key === user) parts.push(dot(x(value), y, isFirst ? 'element' : 'other'));
      const drawn = bars(
        counts.filter((each) => each.user === user),
        y + 12,
        isFirst ? 'window' : 'other-window',
      );
      parts.push(...drawn.parts);
      y += 12 + drawn.rows * 22 + 18;
    }
    const ticks = Array.from({ length: MOST / 10 + 1 }, (_, i) => i * 10);
    parts.splice(grid, 0, ...ticks.map((second) => line(x(second), top, x(second), y - 8, 'grid')));
    parts.push(
      ...ticks.map((second) => text(x(second), y + 8, `${second} s`, { 'text-anchor': 'middle', class: 'small' })),
    );
    y += 44;
  }
  const described = panels.map(({ title, counts }) => {
    const list = counts.map(({ user, count, start, end }) => `${user} ${start} to ${end}: ${count}`);
    return `${title}: ${list.join(', ')}.`;
  });
  return picture(
    { width: WIDTH, height: y - 20 },
    'The same elements in fixed, sliding and session windows',
    `Page views of two users over a minute, and their counts by window, from and to in seconds. ${described.join(' ')}`,
    parts,
  );
}
