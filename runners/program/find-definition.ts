import { MillraceError } from '../../sdk/model/errors.js';
import { isPipelineDefinition, type PipelineDefinition } from '../../sdk/pipeline/define-pipeline.js';

export interface FoundDefinition {
  readonly definition: PipelineDefinition;
  readonly exportName: string;
}

/** The pipeline of a module: the export that was asked for, else the default one, else the only one. */
export function findDefinition(module: Readonly<Record<string, unknown>>, asked: string | undefined): FoundDefinition {
  const found = Object.entries(module).flatMap(([exportName, value]) =>
    isPipelineDefinition(value) ? [{ exportName, definition: value }] : [],
  );
  const chosen =
    asked !== undefined
      ? found.find(({ exportName }) => exportName === asked)
      : (found.find(({ exportName }) => exportName === 'default') ?? (found.length === 1 ? found[0] : undefined));
  if (chosen !== undefined) return chosen;
  const names = found.map(({ exportName }) => exportName).join(', ');
  if (asked === undefined && found.length > 1) {
    throw new MillraceError('PROGRAM_SEVERAL_PIPELINES', 'options', `the module exports several pipelines: ${names}`, {
      hint: `name one with --export ${found[0]!.exportName}`,
    });
  }
  const what = asked === undefined ? 'exports no pipeline' : `has no pipeline named '${asked}'`;
  throw new MillraceError('PROGRAM_NO_PIPELINE', 'options', `the module ${what}; ${describeExports(module)}`, {
    hint: names === '' ? 'export one: export default definePipeline({ … })' : `its pipelines are: ${names}`,
  });
}

function describeExports(module: Readonly<Record<string, unknown>>): string {
  const exports = Object.entries(module).map(([name, value]) => `${name} (${kindOf(value)})`);
  return exports.length === 0 ? 'it exports nothing' : `it exports ${exports.join(', ')}`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isPipelineDefinition(value)) return 'pipeline';
  return typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value;
}
