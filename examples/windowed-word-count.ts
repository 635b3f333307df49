/** Counts the words of each minute: text with a time in front of every line in, a file of counts for each window out. */
import { definePipeline, fixedWindows, minutes, option, toList } from 'millrace';
import { writeToConsole } from 'millrace/console';
import { readText, writeText } from 'millrace/text';

export default definePipeline({
  name: 'windowed-word-count',
  options: {
    input: option.string({ description: 'files or patterns to read', default: 'examples/data/*.txt' }),
    output: option.string({ description: 'folder and beginning of the output files', default: 'out/words' }),
    window: option.duration({ description: 'length of a window', default: minutes(1) }),
    top: option.integer({ description: 'words of each window to show on the console', default: 5 }),
  },
  build(p, { input, output, window, top }) {
    const counts = p
      .apply('read', readText(input))
      .map('parse', parseLine)
      .withTimestamps('time', ({ time }) => time)
      .flatMap('words', ({ text }) => text.match(/\p{L}+/gu) ?? [])
      .map('upper', (word) => word.toUpperCase())
      .windowInto('minutes', fixedWindows(window))
      .countPerElement('count');

    counts.map('line', ({ key, value }) => `${key}\t${value}`).apply('write', writeText(output));

    counts
      .combineGlobally('all', toList())
      .map('top', (all) => [...all].sort((a, b) => b.value - a.value || (a.key < b.key ? -1 : 1)).slice(0, top))
      .map('show', (words) => words.map(({ key, value }) => `${key} ${value}`).join(', '))
      .apply('print', writeToConsole({ format: (line, { window }) => `${timeOfDay(window.start)}  ${line}` }));
  },
});

/** `2026-01-01T06:00:03.965Z`, a tab, and the text of the line. */
function parseLine(line: string): { time: number; text: string } {
  const tab = line.indexOf('\t');
  const time = Date.parse(line.slice(0, tab));
  if (tab < 0 || Number.isNaN(time)) throw new Error(`no time in front of a tab: ${line.slice(0, 80)}`);
  return { time, text: line.slice(tab + 1) };
}

/** 06:00, of an instant in UTC. */
function timeOfDay(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(11, 16);
}
