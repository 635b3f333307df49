import { type Command, Option } from 'commander';
import { type CliContext, EXIT } from './context.js';
import { type LogFormat, Output } from './output.js';

export interface CommonOptions {
  readonly logFormat: LogFormat;
  readonly verbose?: boolean;
}

/** What a command does: answers the exit code. */
export type Action = (output: Output) => Promise<number>;

/** Options that every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--log-format <format>', 'of log records and errors').choices(['text', 'json']).default('text'),
    )
    .option('--verbose', 'show stacks of errors, and debug records');
}

/** Options of commands that open a module. */
export function withModuleOptions(command: Command): Command {
  return command
    .option('--export <name>', 'which pipeline of the module (the default export, or the only one)')
    .option('--external <packages>', 'packages to leave out of the bundle, separated by commas', list)
    .addHelpText('after', '\nTypes of a module are stripped, not checked: that is what tsc does.');
}

/** Runs a command; whatever it throws becomes an error message and an exit code. */
export async function attempt(context: CliContext, options: CommonOptions, action: Action): Promise<number> {
  const output = new Output(context.stderr, options.logFormat, options.verbose ?? false);
  try {
    return await action(output);
  } catch (error) {
    output.error(error);
    return EXIT.wrong;
  }
}

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
