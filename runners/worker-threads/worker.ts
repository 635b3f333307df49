/** The entry of a worker thread: puts the program's functions and the tasks of this thread together, for each pipeline. */
import { parentPort } from 'node:worker_threads';
import { type FunctionResolver, MillraceError } from '../../sdk/model/index.js';
import { loadProgram } from '../program/load.js';
import { Calls } from './calls.js';
import type { MainMethods, ThreadData, ThreadMessage, ThreadMethods } from './thread-protocol.js';
import { ThreadTasks } from './thread-tasks.js';

async function loadResolver({ plan, bundle }: ThreadData): Promise<FunctionResolver> {
  if (bundle !== undefined) return (await loadProgram({ bundle, expectedPlan: plan })).resolver;
  const nothing = (): never => {
    throw new MillraceError('PLAN_NO_BUNDLE', 'plan', 'the plan names a function, but no bundle came with it', {
      hint: 'threads load the program from its bundle: open the module or the plan file with openProgram',
    });
  };
  return { resolve: nothing, instantiate: nothing };
}

parentPort!.on('message', (message: ThreadMessage) => {
  if (message.kind === 'exit') process.exit(0);
  const { data, port } = message;
  const tasks = new ThreadTasks(data, () => loadResolver(data));
  tasks.main = new Calls<ThreadMethods, MainMethods>(port, tasks);
});
