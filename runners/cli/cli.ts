import { Command, CommanderError } from 'commander';
import { MILLRACE_VERSION } from '../../sdk/model/version.js';
import { explain } from './commands/explain.js';
import { graph } from './commands/graph.js';
import { addInspection } from './commands/inspect.js';
import { addPlan } from './commands/plan.js';
import { addRun } from './commands/run.js';
import { validate } from './commands/validate.js';
import { addWorkerPool } from './commands/worker-pool.js';
import { type CliContext, EXIT } from './context.js';

/** Runs one command line (without `node` and the script) and answers the exit code. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  let code: number = EXIT.done;
  const done = (result: number) => {
    code = result;
  };
  const program = new Command('millrace')
    .description('Write a pipeline once, run it in process, on every core, or on a cluster engine.')
    .version(MILLRACE_VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .showHelpAfterError('(millrace --help, or millrace COMMAND --help, shows what there is)');
  addRun(program, context, done);
  addPlan(program, context, done);
  for (const inspection of [validate, explain, graph]) addInspection(program, inspection, context, done);
  addWorkerPool(program, context, done);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return ['commander.helpDisplayed', 'commander.version'].includes(error.code) ? EXIT.done : EXIT.wrong;
  }
  return code;
}
