/** The classic: how often each word occurs in some files. */
import { definePipeline, option } from 'millrace';
import { readText, writeText } from 'millrace/text';

export default definePipeline({
  name: 'word-count',
  options: {
    input: option.strings({ description: 'files or patterns to read', default: ['examples/data/*.txt'] }),
    output: option.string({ description: 'folder and beginning of the output files', default: 'out/word-count' }),
  },
  build(p, { input, output }) {
    p.apply('read', readText(input))
      .flatMap('words', (line) => line.toLowerCase().match(/\p{L}+/gu) ?? [])
      .countPerElement('count')
      .map('line', ({ key, value }) => `${key}: ${value}`)
      .apply('write', writeText(output));
  },
});
