import type { Command } from 'commander';
import type { Plan } from '../../../sdk/model/plan.js';
import type { OpenedProgram } from '../../program/open-program.js';
import { isPlanPath } from '../../program/open-program.js';
import { attempt, type CommonOptions, withCommonOptions, withModuleOptions } from '../common.js';
import { type CliContext, EXIT } from '../context.js';
import { open, splitArguments } from '../open.js';
import type { Output } from '../output.js';

interface InspectOptions extends CommonOptions {
  readonly export?: string;
  readonly external?: readonly string[];
}

/** A command that shows something of a plan: it is built from a module, or read, and needs no bundle then. */
export interface Inspection {
  readonly name: string;
  readonly description: string;
  /** What is shown; warnings go to the output. */
  show(plan: Plan, output: Output): string | Promise<string>;
}

export function addInspection(
  parent: Command,
  inspection: Inspection,
  context: CliContext,
  done: (code: number) => void,
): void {
  const command = withModuleOptions(withCommonOptions(parent.command(inspection.name)))
    .description(inspection.description)
    .usage('<module|plan.json> [options] [--name=value …]')
    .argument('[program]', 'a module that exports a pipeline, or a plan (.json)')
    .allowUnknownOption()
    .allowExcessArguments();
  command.action(async () => {
    const options = command.opts<InspectOptions>();
    done(
      await attempt(context, options, async (output) => {
        const { path, tokens } = splitArguments(command.args, `${inspection.name} MODULE|PLAN [--name=value …]`);
        const ownOptions = command.options.map((option) => option.long!.slice(2));
        const isPlan = isPlanPath(path) && tokens.length === 0;
        const plan = isPlan
          ? await (await import('../../program/plan-files.js')).readPlan(path)
          : planOf(await open({ ...options, path, tokens, ownOptions }));
        context.stdout.write(await inspection.show(plan, output));
        return EXIT.done;
      }),
    );
  });
}

function planOf(opened: OpenedProgram): Plan {
  return opened.planForReader;
}
