import { writeFileSync } from 'node:fs';
import {
  type Counter,
  type DoFn,
  type DoFnContext,
  definePipeline,
  type KV,
  option,
  type ProcessContext,
} from 'millrace';
import { readText } from 'millrace/text';
import { Checksum } from '../checksum.js';
import { fmix, fnv } from '../hashes.js';

/** Word count: lines `word: count` in the order of the words, in one file. */
export default definePipeline({
  name: 'w1',
  options: {
    input: option.string({ description: 'text of ASCII letters' }),
    output: option.string({ description: 'the file of counts' }),
  },
  build(p, { input, output }) {
    p.apply('read', readText(input))
      .parDo('words', () => new Words())
      .countPerElement('count')
      .map('line', ({ key, value }) => `${key}: ${value}`)
      .keyBy('into one file', () => 0)
      .groupByKey('all lines')
      .parDo('write', () => new WriteSorted(output))
      .parDo('check', () => new Checksum((line) => fmix(fnv(line))));
  },
});

/** Maximal runs of ASCII letters, in lower case. */
class Words implements DoFn<string, string> {
  #words!: Counter;
  #count = 0;

  setup({ metrics }: DoFnContext): void {
    this.#words = metrics.counter('words');
  }

  process(line: string, context: ProcessContext<string>): void {
    const text = line.toLowerCase();
    let start = -1;
    for (let i = 0; i <= text.length; i++) {
      const code = i < text.length ? text.charCodeAt(i) : 0;
      if (code >= 97 && code <= 122) {
        if (start < 0) start = i;
      } else if (start >= 0) {
        context.output(text.slice(start, i));
        this.#count++;
        start = -1;
      }
    }
  }

  finishBundle(): void {
    this.#words.inc(this.#count);
    this.#count = 0;
  }
}

/** Writes all lines into one file, in the order of their words; answers them when the file is closed. */
class WriteSorted implements DoFn<KV<number, Iterable<string>>, string> {
  constructor(private readonly file: string) {}

  process({ value }: KV<number, Iterable<string>>, context: ProcessContext<string>): void {
    // A colon sorts before every letter, so the order of the lines is the order of their words.
    const lines = [...value].sort();
    writeFileSync(this.file, lines.map((line) => `${line}\n`).join(''), 'latin1');
    for (const line of lines) context.output(line);
  }
}
