/** Lets a word through when it has not been heard for a while: one cell of state for each word, given up by a timer. */
import {
  type DoFn,
  definePipeline,
  eventTimer,
  type KV,
  minutes,
  option,
  type ProcessContext,
  type TimerContext,
  valueState,
} from 'millrace';
import { readText, writeText } from 'millrace/text';

const hearing = {
  state: { heard: valueState<boolean>() },
  timers: { forget: eventTimer() },
  // The words of one key come in order of their times, so that the first one of several is the first that was said.
  requiresTimeSortedInput: true,
} as const;

class FirstAfterQuiet implements DoFn<KV<string, number>, string, typeof hearing> {
  constructor(private readonly quietMs: number) {}

  process({ key, value }: KV<string, number>, context: ProcessContext<string, typeof hearing>): void {
    const { state, timers, timestamp } = context;
    if (state.heard.read() !== true) context.output(`${new Date(value).toISOString()} ${key}`);
    state.heard.write(true);
    // Every time that the word comes again the timer is put off.
    timers.forget.set(timestamp + this.quietMs);
  }

  readonly onTimer = {
    forget({ state }: TimerContext<string, typeof hearing>): void {
      state.heard.clear();
    },
  };
}

export default definePipeline({
  name: 'stateful-dedup',
  options: {
    input: option.string({ description: 'files or patterns to read', default: 'examples/data/*.txt' }),
    output: option.string({ description: 'folder and beginning of the output files', default: 'out/first-words' }),
    quiet: option.duration({ description: 'how long a word is not heard before it counts again', default: minutes(1) }),
  },
  build(p, { input, output, quiet }) {
    p.apply('read', readText(input))
      .flatMap('words', wordsOf)
      .withTimestamps('time', ({ value }) => value)
      .parDo<string, typeof hearing>('first', () => new FirstAfterQuiet(quiet), hearing)
      .apply('write', writeText(output));
  },
});

/** The words of `2026-01-01T06:00:03.965Z`, a tab, and a sentence, each with its time. */
function wordsOf(line: string): KV<string, number>[] {
  const tab = line.indexOf('\t');
  const time = Date.parse(line.slice(0, tab));
  if (tab < 0 || Number.isNaN(time)) throw new Error(`no time in front of a tab: ${line.slice(0, 80)}`);
  const words = line.slice(tab + 1).match(/\p{L}+/gu) ?? [];
  return words.map((word) => ({ key: word.toLowerCase(), value: time }));
}
