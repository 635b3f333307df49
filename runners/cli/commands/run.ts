import { type Command, Option } from 'commander';
import { MillraceError } from '../../../sdk/model/errors.js';
import type { PipelineHandle, PipelineRunner, Program } from '../../../sdk/model/runner.js';
import { isPlanPath, openDefinition } from '../../program/open-program.js';
import { findRunner } from '../../registry.js';
import { attempt, type CommonOptions, withCommonOptions, withModuleOptions } from '../common.js';
import { type CliContext, EXIT, SIGNAL_EXIT } from '../context.js';
import { open, splitArguments } from '../open.js';
import type { Output } from '../output.js';
import { pipelineHelp } from '../pipeline-help.js';
import { followPipeline } from '../run-pipeline.js';
import { SETTING_OPTIONS, settingsOf } from '../settings.js';

interface RunOptions extends CommonOptions {
  readonly runner: string;
  readonly savePlan?: string;
  readonly export?: string;
  readonly external?: readonly string[];
  readonly help?: boolean;
}

const USAGE = 'run MODULE|PLAN [options] [--name=value …]';

/** `millrace run`: opens a program, chooses a runner, and stays until the end. */
export function addRun(parent: Command, context: CliContext, done: (code: number) => void): void {
  const command = withModuleOptions(withCommonOptions(parent.command('run')))
    .description('run the pipeline of a module, or a plan')
    .usage('<module|plan.json> [options] [--name=value …]')
    .argument('[program]', 'a module that exports a pipeline, or a plan (.json)')
    .option(
      '--runner <name>',
      `where: ${context.runners.map((r) => `${r.name} (${r.description})`).join(', ')}`,
      'direct',
    )
    .option('--save-plan <file>', 'write the plan and its bundle too')
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .addOption(new Option('-h, --help', 'show this, and with a module the options of its pipeline'));
  for (const option of SETTING_OPTIONS) command.addOption(option);
  command.action(async () => {
    const options = command.opts<RunOptions>();
    done(
      await attempt(context, options, (output) =>
        options.help === true ? help(command, options, context) : run(command, options, context, output),
      ),
    );
  });
}

async function help(command: Command, options: RunOptions, context: CliContext): Promise<number> {
  context.stdout.write(command.helpInformation());
  const path = command.args[0];
  if (path === undefined || path.startsWith('-') || isPlanPath(path)) return EXIT.done;
  const definition = await openDefinition(path, { exportName: options.export, external: options.external });
  context.stdout.write(pipelineHelp(definition));
  return EXIT.done;
}

async function run(command: Command, options: RunOptions, context: CliContext, output: Output): Promise<number> {
  const { path, tokens } = splitArguments(command.args, USAGE);
  const entry = findRunner(options.runner, context.runners);
  const settings = settingsOf(options, entry);
  const ownOptions = command.options.map((option) => option.long!.slice(2));
  // Until something runs, there is nothing to be stopped.
  const stopWaiting = context.onSignal((signal) => context.exitNow(SIGNAL_EXIT[signal]));
  // Loaded before the program, whose loading makes Node read the source map of every module that comes after it.
  const runner = await entry.create({ ...settings, log: output.log.bind(output) });
  const { program, planForReader, names } = await open({ ...options, path, tokens, ownOptions });
  if (names !== undefined) output.readableStack = (stack) => names.inText(stack);
  if (options.savePlan !== undefined) {
    const { writePlan } = await import('../../program/plan-files.js');
    await writePlan(options.savePlan, program.plan, program.bundle);
    output.log({
      level: 'info',
      message: `the plan is in ${options.savePlan}; millrace run ${options.savePlan} runs it`,
    });
  }
  const handle = await start(runner, { ...program, plan: planForReader }, output);
  stopWaiting();
  if (typeof handle === 'number') return handle;
  return followPipeline(handle, planForReader, context, output);
}

/** Answers an exit code where the program does not start. */
async function start(runner: PipelineRunner, program: Program, output: Output): Promise<PipelineHandle | number> {
  try {
    return await runner.run(program);
  } catch (error) {
    output.error(error);
    const isWrong = error instanceof MillraceError && (error.kind === 'plan' || error.kind === 'options');
    return isWrong ? EXIT.wrong : EXIT.failed;
  }
}
