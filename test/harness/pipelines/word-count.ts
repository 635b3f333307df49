import { create, definePipeline } from 'millrace';
import { AppendLines, output } from './append-lines.js';

export default definePipeline({
  name: 'word-count',
  options: output,
  build(p, { output }) {
    p.apply('lines', create(['a b a', 'c a', 'größe b']))
      .flatMap('words', (line) => line.split(' '))
      .countPerElement('count')
      .map('format', ({ key, value }) => `${key}: ${value}`)
      .parDo('write', () => new AppendLines(output));
  },
});
