/** One window under a trigger: what arrives when, how far the watermark is, and the panes that come of it. */
import {
  afterCount,
  afterProcessingTime,
  afterWatermark,
  type DoFn,
  fixedWindows,
  type PaneTiming,
  type ProcessContext,
  seconds,
  toList,
} from 'millrace';
import { testPipeline, testStream, timestamped, VirtualClock } from 'millrace/testing';
import { box, dot, line, picture, tag, text } from './svg.js';

type Event =
  | { readonly at: number; readonly element: number }
  /** The watermark in seconds of event time. */
  | { readonly at: number; readonly watermark: number };

/** By the clock, in seconds. Elements are told apart by their seconds of event time. */
const EVENTS: readonly Event[] = [
  { at: 2, element: 1 },
  { at: 4, element: 5 },
  { at: 6, watermark: 3 },
  { at: 10, element: 8 },
  { at: 12, element: 12 },
  { at: 13, watermark: 9 },
  { at: 15, element: 17 },
  { at: 17, element: 14 },
  { at: 20, element: 18 },
  { at: 22, watermark: 20 },
  { at: 26, element: 10 },
  { at: 29, watermark: 25 },
  { at: 32, element: 16 },
  { at: 35, watermark: 31 },
  { at: 38, element: 3 },
];
const WINDOW_END = 20;
const LATENESS = 10;

interface Pane {
  readonly at: number;
  readonly timing: PaneTiming;
  readonly elements: readonly number[];
}

class SeePane implements DoFn<readonly number[], never> {
  constructor(
    private readonly seen: Pane[],
    private readonly clock: VirtualClock,
  ) {}

  process(elements: readonly number[], { pane: { timing } }: ProcessContext<never>): void {
    this.seen.push({ at: this.clock.now() / 1_000, timing, elements: [...elements] });
  }
}

async function panesWhen(accumulation: 'discarding' | 'accumulating'): Promise<Pane[]> {
  const clock = new VirtualClock();
  const seen: Pane[] = [];
  let script = testStream<number>();
  let now = 0;
  for (const event of EVENTS) {
    // Second by second: a trigger that is due on the way fires when the clock has jumped.
    for (; now < event.at; now++) script = script.advanceProcessingTime(seconds(1));
    if ('element' in event) script = script.addElements(timestamped(event.element, seconds(event.element)));
    else script = script.advanceWatermark(seconds(event.watermark));
  }
  await testPipeline(
    (p) => {
      p.apply(script)
        .windowInto(fixedWindows(seconds(WINDOW_END)), {
          trigger: afterWatermark({ early: afterProcessingTime(seconds(4)), late: afterCount(1) }),
          allowedLateness: seconds(LATENESS),
          accumulation,
        })
        .combineGlobally('all', toList())
        .parDo('see', () => new SeePane(seen, clock));
    },
    { clock },
  );
  return seen;
}

const WIDTH = 760;
const LEFT = 110;
const TOP = 50;
const CHART = 260;
const LAST = 42;
const x = (second: number): number => LEFT + (second * (WIDTH - LEFT - 20)) / LAST;
const y = (second: number): number => TOP + CHART - (second * CHART) / 32;

const KIND: { readonly [T in PaneTiming]: string } = {
  EARLY: 'early',
  ON_TIME: 'on-time',
  LATE: 'late',
  UNKNOWN: 'small',
};

/** The watermark is a staircase: it stays until it advances. */
function staircase(): string {
  let path = `M ${x(0)} ${y(0)}`;
  for (const event of EVENTS) if ('watermark' in event) path += ` H ${x(event.at)} V ${y(event.watermark)}`;
  return tag('path', { d: `${path} H ${x(LAST)}`, class: 'watermark' });
}

function chart(discarding: readonly Pane[]): string[] {
  const taken = new Set(discarding.flatMap(({ elements }) => elements));
  const ticks = (most: number): number[] => Array.from({ length: most / 10 + 1 }, (_, i) => i * 10);
  const middle = { 'text-anchor': 'middle', class: 'small' };
  return [
    box(x(0), y(WINDOW_END), x(LAST) - x(0), y(0) - y(WINDOW_END), 'band'),
    ...ticks(30).flatMap((second) => [
      line(x(0), y(second), x(LAST), y(second), 'grid'),
      text(LEFT - 8, y(second) + 4, `${second} s`, { 'text-anchor': 'end', class: 'small' }),
    ]),
    ...ticks(40).flatMap((second) => [
      line(x(second), y(0), x(second), y(0) + 5, 'axis'),
      text(x(second), y(0) + 20, `${second} s`, middle),
    ]),
    text(16, TOP - 8, 'event time', { class: 'small' }),
    text(x(LAST), y(0) + 38, 'processing time', { 'text-anchor': 'end', class: 'small' }),
    text(x(LAST) - 8, y(0) - 6, `window 0 s to ${WINDOW_END} s`, { 'text-anchor': 'end', class: 'small' }),
    staircase(),
    text(x(LAST) - 8, y(31) - 8, 'watermark', { 'text-anchor': 'end', class: 'small' }),
    ...discarding.map(({ at, timing }) => line(x(at), y(32), x(at), y(0), KIND[timing])),
    ...EVENTS.flatMap((event) => {
      if (!('element' in event)) return [];
      const isTaken = taken.has(event.element);
      const mark = dot(x(event.at), y(event.element), isTaken ? 'element' : 'lost');
      return isTaken ? [mark] : [mark, text(x(event.at) + 10, y(event.element) + 4, 'too late', { class: 'small' })];
    }),
  ];
}

function strip(title: string, panes: readonly Pane[], top: number): string[] {
  return [
    text(16, top + 20, title),
    ...panes.flatMap(({ at, timing, elements }) => [
      text(x(at), top + 14, String(elements.length), { 'text-anchor': 'middle', class: KIND[timing] }),
      text(x(at), top + 30, timing.toLowerCase().replace('_', ' '), { 'text-anchor': 'middle', class: 'small' }),
    ]),
  ];
}

export async function panesPicture(): Promise<string> {
  const discarding = await panesWhen('discarding');
  const accumulating = await panesWhen('accumulating');
  const inWords = (panes: readonly Pane[]): string =>
    panes
      .map(({ at, timing, elements }) => `${elements.length} at ${at} s (${timing.toLowerCase().replace('_', ' ')})`)
      .join(', ');
  const below = TOP + CHART + 56;
  return picture(
    { width: WIDTH, height: below + 96 },
    'One window: elements, the watermark, and the panes that fire',
    `Elements by the time when they arrive and the time that they carry, below them the panes of the window from 0 to 20 seconds. ` +
      `It fires early four seconds after an element, on time when the watermark passes its end, and late for each element until ` +
      `the allowed lateness of 10 seconds is over. Elements in a pane when discarding: ${inWords(discarding)}. ` +
      `When accumulating: ${inWords(accumulating)}.`,
    [
      text(16, 24, 'One window: elements, the watermark, and the panes that fire', { class: 'title' }),
      ...chart(discarding),
      ...strip('discarding', discarding, below),
      ...strip('accumulating', accumulating, below + 44),
    ],
  );
}
