import { type Counter, type DoFn, type DoFnContext, definePipeline, option, type ProcessContext } from 'millrace';
import { PAssert } from 'millrace/testing';
import { readText, writeText } from 'millrace/text';

class Words implements DoFn<string, string> {
  #words: Counter | undefined;
  setup({ metrics }: DoFnContext): void {
    this.#words = metrics.counter('words');
  }
  process(line: string, context: ProcessContext<string>): void {
    for (const word of line.toLowerCase().match(/\p{L}+/gu) ?? []) {
      this.#words?.inc();
      context.output(word);
    }
  }
}

/** Text in, words counted, text out; `expected` counts of the word `the` are asserted inside the pipeline. */
export default definePipeline({
  name: 'text-word-count',
  options: {
    input: option.string({ description: 'files to read' }),
    output: option.string({ description: 'prefix of the files to write' }),
    expected: option.integer({ description: 'how often the word "the" stands in the input' }),
  },
  build(p, { input, output, expected }) {
    const counts = p
      .apply('read', readText(input))
      .parDo('words', () => new Words())
      .countPerElement('count');
    PAssert.that(
      'the',
      counts.filter(({ key }) => key === 'the'),
    ).containsInAnyOrder([{ key: 'the', value: expected }]);
    counts.map('format', ({ key, value }) => `${key}\t${value}`).apply('write', writeText(output));
  },
});
