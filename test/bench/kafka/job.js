import { fileURLToPath } from 'node:url';
import { bundleModule, createDirectRunner, createWorkerThreadsRunner, loadProgram } from 'millrace/runners';

const EXAMPLE = fileURLToPath(new URL('../../../examples/kafka-uppercase.ts', import.meta.url));
const RUNNERS = {
  direct: () => createDirectRunner(),
  'worker-threads': () => createWorkerThreadsRunner({ threads: 2 }),
};

/** The example as it is, to the end that its input had when it began. Answers how to run it; its code is bundled by then. */
export async function job(runner, { bootstrapServers, input, output, groupId }) {
  const program = await loadProgram({
    bundle: await bundleModule(EXAMPLE),
    options: {
      bootstrapServers,
      inputTopic: input,
      outputTopic: output,
      groupId,
      startFrom: 'earliest',
      until: 'latest',
    },
  });
  return async () => {
    const handle = await RUNNERS[runner]().run(program);
    const { state, error } = await handle.wait();
    if (state !== 'DONE') throw new Error(`ended as ${state}: ${error?.message}`);
  };
}
