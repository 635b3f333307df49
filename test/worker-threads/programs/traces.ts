/** Pipelines that tell what is left in a thread of the runs before. */
import { type DoFn, type DoFnContext, definePipeline, generateSequence, option } from 'millrace';

let runsOfModule = 0;

/** Counts the elements, and says how many pipelines the module and the build have seen in this thread. */
class Trace implements DoFn<number, never> {
  #context!: DoFnContext;
  readonly #runsOfBuild: () => number;

  constructor(runsOfBuild: () => number) {
    this.#runsOfBuild = runsOfBuild;
  }
  setup(context: DoFnContext): void {
    this.#context = context;
    context.metrics.counter('runs of the module').inc(++runsOfModule);
    context.metrics.counter('runs of the build').inc(this.#runsOfBuild());
  }
  process(): void {
    this.#context.metrics.counter('elements').inc();
  }
}

export const traces = definePipeline({
  name: 'traces',
  options: {
    elements: option.integer({ default: 10 }),
    leave: option.choice(['nothing', 'timer', 'text'] as const, { default: 'nothing' }),
  },
  build(p, { elements, leave }) {
    let runs = 0;
    p.apply('numbers', generateSequence({ from: 0, to: elements }))
      .reshuffle('deal')
      .map('leave', (n) => {
        if (n === 0 && leave === 'timer') setInterval(() => {}, 1e9);
        if (n === 0 && leave === 'text') process.stdout.write('from a thread\n');
        return n;
      })
      .parDo('trace', () => new Trace(() => ++runs));
  },
});
