import { MillraceError } from '../../sdk/model/errors.js';
import { closest } from '../../sdk/pipeline/closest.js';
import type { PipelineDefinition } from '../../sdk/pipeline/define-pipeline.js';
import { type OpenedProgram, openProgram } from '../program/open-program.js';
import { parseTokens } from './option-tokens.js';

/** How commands name a program: a module or a plan, with the options that its pipeline gets. */
export interface ProgramArguments {
  readonly path: string;
  /** What the command line holds beyond the options of the command itself. */
  readonly tokens: readonly string[];
  /** Names of the command's own options, without `--`. */
  readonly ownOptions: readonly string[];
  readonly export?: string | undefined;
  readonly external?: readonly string[] | undefined;
}

/** The first of a command's arguments is the program, the others are the pipeline's options. */
export function splitArguments(args: readonly string[], usage: string): { path: string; tokens: readonly string[] } {
  const [path, ...tokens] = args;
  if (path !== undefined && !path.startsWith('-')) return { path, tokens };
  const what = path === undefined ? 'there is no module or plan' : `the module or plan comes before ${path}`;
  throw new MillraceError('USAGE', 'options', what, { hint: `it is: millrace ${usage}` });
}

export async function open(program: ProgramArguments): Promise<OpenedProgram> {
  const raw = parseTokens(program.tokens);
  return openProgram(program.path, raw, {
    exportName: program.export,
    external: program.external,
    beforeBuild: (definition) => mustBeKnown(Object.keys(raw), definition, program.ownOptions),
  });
}

/** A name that is unknown may have been meant for the command as well as for the pipeline. */
function mustBeKnown(names: readonly string[], definition: PipelineDefinition, ownOptions: readonly string[]): void {
  const known = Object.keys(definition.options);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const lines = unknown.map((name) => {
    const guess = closest(name, [...known, ...ownOptions]);
    return `--${name} is not an option${guess === undefined ? '' : `: did you mean --${guess}?`}`;
  });
  const flags = (names: readonly string[]) =>
    names.length === 0 ? 'none' : names.map((name) => `--${name}`).join(', ');
  throw new MillraceError('OPTIONS_INVALID', 'options', lines.join('\n'), {
    hint: `options of the pipeline: ${flags(known)}; of the command: ${flags(ownOptions)}`,
  });
}
