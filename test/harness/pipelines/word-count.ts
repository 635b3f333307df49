import { appendFileSync } from 'node:fs';
import { create, type DoFn, definePipeline, option } from 'millrace';

/** Appends a line for each element; one call for each, so that lines of several workers do not mix. */
class AppendLines implements DoFn<string, never> {
  constructor(private readonly path: string) {}
  process(line: string): void {
    appendFileSync(this.path, `${line}\n`);
  }
}

export default definePipeline({
  name: 'word-count',
  options: { output: option.string({ description: 'file to append to' }) },
  build(p, { output }) {
    p.apply('lines', create(['a b a', 'c a', 'größe b']))
      .flatMap('words', (line) => line.split(' '))
      .countPerElement('count')
      .map('format', ({ key, value }) => `${key}: ${value}`)
      .parDo('write', () => new AppendLines(output));
  },
});
