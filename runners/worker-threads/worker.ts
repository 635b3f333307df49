/** The entry of a worker thread: puts the program's functions and the tasks of this thread together. */
import { parentPort, workerData } from 'node:worker_threads';
import { type FunctionResolver, MillraceError } from '../../sdk/model/index.js';
import { loadProgram } from '../program/load.js';
import { Calls } from './calls.js';
import type { MainMethods, ThreadData, ThreadMethods } from './thread-protocol.js';
import { ThreadTasks } from './thread-tasks.js';

const data = workerData as ThreadData;

async function loadResolver(): Promise<FunctionResolver> {
  const { plan, bundle } = data;
  if (bundle !== undefined) return (await loadProgram({ bundle, expectedPlan: plan })).resolver;
  const nothing = (): never => {
    throw new MillraceError('PLAN_NO_BUNDLE', 'plan', 'the plan names a function, but no bundle came with it', {
      hint: 'threads load the program from its bundle: open the module or the plan file with openProgram',
    });
  };
  return { resolve: nothing, instantiate: nothing };
}

const tasks = new ThreadTasks(data, loadResolver);
tasks.main = new Calls<ThreadMethods, MainMethods>(parentPort!, tasks);
