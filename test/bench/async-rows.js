import { buildPlan, definePipeline, generateSequence } from 'millrace';
import { createDirectRunner } from 'millrace/runners';

/** Answers at once: what is left to measure is the machinery. */
const identity = async (n) => n;
/** Answers after one turn of the event loop, as the fastest of real calls do. */
const turn = (n) => new Promise((resolve) => setImmediate(resolve, n));

/** What is measured beside what: a loop without Millrace, the pipeline without the step, and the step. */
export const ROWS = {
  'bare pool of 100': { fn: identity, pool: 100 },
  'no step': {},
  'ordered, 100': { fn: identity, options: { concurrency: 100 } },
  'unordered, 100': { fn: identity, options: { concurrency: 100, ordered: false } },
  'ordered, 16': { fn: identity, options: { concurrency: 16 } },
  'ordered, 1': { fn: identity, options: { concurrency: 1 } },
  'with a time-out': { fn: identity, options: { concurrency: 100, timeoutMs: 10_000 } },
  'with a retry': { fn: identity, options: { concurrency: 100, retry: { attempts: 3 } } },
  'bare pool of 100, a turn each': { fn: turn, pool: 100, share: 0.2 },
  'ordered, 100, a turn each': { fn: turn, options: { concurrency: 100 }, share: 0.2 },
};

/** Runs a row several times in this process; the figures are those of the last run, in microseconds of CPU and wall time. */
export async function runRow(name, elements, reps) {
  const { fn, pool, options, share = 1 } = ROWS[name];
  const count = Math.round(elements * share);
  const run = pool === undefined ? () => pipeline(count, fn, options) : () => barePool(count, fn, pool);
  let figures;
  for (let rep = 0; rep < reps; rep++) {
    const before = process.cpuUsage();
    const start = performance.now();
    const sum = await run();
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    if (sum !== (count * (count - 1)) / 2) throw new Error(`${name}: ${count} elements have the sum ${sum}`);
    figures = { elements: count, wallUs: wall * 1000, cpuUs: user + system };
  }
  return figures;
}

/** So many lanes, each of which takes the next number when it has its answer. */
async function barePool(count, fn, concurrency) {
  let next = 0;
  let sum = 0;
  const lane = async () => {
    while (next < count) {
      const answer = await fn(next++);
      sum += answer;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return sum;
}

async function pipeline(count, fn, options) {
  const definition = definePipeline({
    name: 'async',
    build: (p) => {
      const numbers = p.apply('numbers', generateSequence({ to: count }));
      (fn === undefined ? numbers : numbers.mapAsync('call', fn, options)).parDo('sum', () => new Sum());
    },
  });
  const handle = await createDirectRunner().run(buildPlan(definition, { inline: true }));
  const result = await handle.wait();
  if (result.error !== undefined) throw new Error(result.error.message);
  return result.metrics.find(({ name }) => name === 'sum').value;
}

class Sum {
  #counter;
  #sum = 0;
  setup({ metrics }) {
    this.#counter = metrics.counter('sum');
  }
  process(n) {
    this.#sum += n;
  }
  teardown() {
    this.#counter.inc(this.#sum);
  }
}
