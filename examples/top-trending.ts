/** The words of each window that are said more often than in the window before: what trends, the most first. */
import {
  type DoFn,
  definePipeline,
  type KV,
  minutes,
  option,
  type ProcessContext,
  slidingWindows,
  sum,
  top,
} from 'millrace';
import { writeToConsole } from 'millrace/console';
import { readText } from 'millrace/text';

export default definePipeline({
  name: 'top-trending',
  options: {
    input: option.string({ description: 'files or patterns to read', default: 'examples/data/*.txt' }),
    window: option.duration({ description: 'length of a window', default: minutes(1) }),
    top: option.integer({ description: 'words of each window', default: 3 }),
  },
  build(p, { input, window, top: n }) {
    p.apply('read', readText(input))
      .map('parse', parseLine)
      .withTimestamps('time', ({ time }) => time)
      // Each line counts for its own window, and against the next one.
      .windowInto('this one and the one before', slidingWindows(2 * window, window))
      .parDo('words', () => new Words(window))
      .combinePerKey('rise', sum())
      .filter('rising', ({ value }) => value > 0)
      .combineGlobally('top', top(n, trends))
      .map('show', (words) => words.map(({ key, value }) => `${key} +${value}`).join(', '))
      .apply('print', writeToConsole({ format: (line, { window: { end } }) => `${timeOfDay(end - window)}  ${line}` }));
  },
});

interface Line {
  readonly time: number;
  readonly text: string;
}

/** The words of a line: 1 in the window that the line lies at the end of, -1 in the one after that. */
class Words implements DoFn<Line, KV<string, number>> {
  constructor(private readonly windowMs: number) {}

  process({ time, text }: Line, context: ProcessContext<KV<string, number>>): void {
    const value = time >= context.window.end - this.windowMs ? 1 : -1;
    const words = text.match(/\p{L}{4,}/gu) ?? [];
    for (const word of words) context.output({ key: word.toLowerCase(), value });
    // Once for a line, which stands in two windows.
    if (value === 1) context.metrics.distribution('words in a line').update(words.length);
  }
}

/** By how much they rise; of equal ones, the first in the alphabet is more. */
function trends(a: KV<string, number>, b: KV<string, number>): number {
  return a.value - b.value || (a.key < b.key ? 1 : a.key > b.key ? -1 : 0);
}

/** `2026-01-01T06:00:03.965Z`, a tab, and the text of the line. */
function parseLine(line: string): Line {
  const tab = line.indexOf('\t');
  const time = Date.parse(line.slice(0, tab));
  if (tab < 0 || Number.isNaN(time)) throw new Error(`no time in front of a tab: ${line.slice(0, 80)}`);
  return { time, text: line.slice(tab + 1) };
}

/** 06:00, of an instant in UTC. */
function timeOfDay(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(11, 16);
}
