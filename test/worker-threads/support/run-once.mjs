// Runs a program on a runner that is not closed, and says so when it has ended. The process must end by itself.
import { createWorkerThreadsRunner, loadProgram } from 'millrace/runners';

const { bundle, exportName, options } = JSON.parse(process.argv[2]);
const runner = createWorkerThreadsRunner({ threads: 2 });
const result = await (await runner.run(await loadProgram({ bundle, exportName, options }))).wait();
process.stdout.write(`${result.state}\n`);
