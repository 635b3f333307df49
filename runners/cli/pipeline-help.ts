import type { PipelineDefinition } from '../../sdk/pipeline/define-pipeline.js';
import type { OptionDeclaration } from '../../sdk/pipeline/options.js';

/** The options of a pipeline, as the help of a command shows them. */
export function pipelineHelp({ name, options }: PipelineDefinition): string {
  const rows = Object.entries(options).map(([option, declaration]) => [
    `--${option}${placeholder(declaration)}`,
    [declaration.description ?? '', state(declaration)].filter((part) => part !== '').join(' '),
  ]);
  const width = Math.max(0, ...rows.map(([flag]) => flag!.length));
  const lines = rows.map(([flag, text]) => `  ${flag!.padEnd(width)}  ${text}`.trimEnd());
  return `\nOptions of the pipeline '${name}':\n${lines.length === 0 ? '  none' : lines.join('\n')}\n`;
}

function placeholder({ kind, choices }: OptionDeclaration<unknown>): string {
  if (kind === 'boolean') return '';
  return choices === undefined ? ` <${kind}>` : ` <${choices.join('|')}>`;
}

function state(declaration: OptionDeclaration<unknown>): string {
  if (declaration.default !== undefined) return `(default: ${JSON.stringify(declaration.default)})`;
  return declaration.optional ? '(optional)' : '(required)';
}
