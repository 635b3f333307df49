// Runs a source into a step that takes its time, and prints the largest heap that was seen on the way, in bytes:
//   node --expose-gc heap-of-slow-step.mjs ELEMENTS
import { setImmediate as turn } from 'node:timers/promises';
import { buildPlan, definePipeline, generateSequence } from 'millrace';
import { createDirectRunner } from 'millrace/runners';

const elements = Number(process.argv[2]);
const LOOKS = 10;
let seen = 0;
let largest = 0;

const definition = definePipeline({
  name: 'slow step',
  build(p) {
    p.apply('numbers', generateSequence({ to: elements }))
      .map('a kilobyte', (n) => Buffer.alloc(1_000, n).toString('latin1'))
      .mapAsync('slow', (text) => turn(text), { concurrency: 64 })
      .map('look', () => {
        seen++;
        if (seen % (elements / LOOKS) !== 0) return;
        globalThis.gc();
        largest = Math.max(largest, process.memoryUsage().heapUsed);
      });
  },
});
const { plan, resolver } = buildPlan(definition, { inline: true });
const handle = await createDirectRunner().run({ plan, resolver });
const { state } = await handle.wait();
process.stdout.write(`${JSON.stringify({ state, seen, largest })}\n`);
