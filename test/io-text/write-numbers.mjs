/**
 * A process of its own for tests that kill one or fill its disk: writes numbers as text, and prints how it ended.
 * Arguments: prefix of the output, how many numbers (`endless` for a stream in windows of a second).
 */
import { buildPlan, definePipeline, fixedWindows, generateSequence, seconds } from 'millrace';
import { writeText } from 'millrace/text';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';

const [prefix, amount] = process.argv.slice(2);
const endless = amount === 'endless';
const definition = definePipeline({
  name: 'write-numbers',
  build: (p) => {
    const lines = p
      .apply('numbers', generateSequence(endless ? { ratePerSecond: 5_000 } : { to: Number(amount) }))
      .map('line', (n) => `number ${n}`);
    const windowed = endless ? lines.windowInto('windows', fixedWindows(seconds(3600))) : lines;
    windowed.apply('write', writeText({ prefix, shards: 2 }));
  },
});
const { plan, resolver } = buildPlan(definition, { options: {}, inline: true });
const handle = await createDirectRunner().run({ plan: JSON.parse(JSON.stringify(plan)), resolver });
process.once('SIGTERM', () => handle.stop());
const { state, error } = await handle.wait();
process.stdout.write(`${JSON.stringify({ state, code: error?.code, message: error?.message, hint: error?.hint })}\n`);
