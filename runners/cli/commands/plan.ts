import type { Command } from 'commander';
import { attempt, type CommonOptions, withCommonOptions, withModuleOptions } from '../common.js';
import { type CliContext, EXIT } from '../context.js';
import { open, splitArguments } from '../open.js';

interface PlanOptions extends CommonOptions {
  readonly out?: string;
  readonly export?: string;
  readonly external?: readonly string[];
}

/** `millrace plan`: builds a pipeline, and writes its plan; with `--out` also the bundle that it needs. */
export function addPlan(parent: Command, context: CliContext, done: (code: number) => void): void {
  const command = withModuleOptions(withCommonOptions(parent.command('plan')))
    .description('build the plan of a pipeline, without running it')
    .usage('<module> [options] [--name=value …]')
    .argument('[program]', 'a module that exports a pipeline')
    .option('--out <file>', 'write it there, and its bundle beside it, instead of showing it')
    .allowUnknownOption()
    .allowExcessArguments();
  command.action(async () => {
    const options = command.opts<PlanOptions>();
    done(
      await attempt(context, options, async (output) => {
        const { path, tokens } = splitArguments(command.args, 'plan MODULE [--out FILE] [--name=value …]');
        const ownOptions = command.options.map((option) => option.long!.slice(2));
        const { program } = await open({ ...options, path, tokens, ownOptions });
        if (options.out === undefined) context.stdout.write(`${JSON.stringify(program.plan, null, 2)}\n`);
        else {
          const { writePlan } = await import('../../program/plan-files.js');
          await writePlan(options.out, program.plan, program.bundle);
          output.log({ level: 'info', message: `the plan is in ${options.out}; millrace run ${options.out} runs it` });
        }
        return EXIT.done;
      }),
    );
  });
}
