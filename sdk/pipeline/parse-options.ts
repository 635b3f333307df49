import { MillraceError } from '../model/errors.js';
import type { JsonObject, JsonValue } from '../model/json.js';
import { closest } from './closest.js';
import type { OptionDeclaration, OptionDeclarations } from './options.js';

/**
 * The values of all declared options, from texts of a command line or from JSON. Every option that is missing, unknown
 * or of the wrong type is named in one OPTIONS_INVALID error. Absent optional ones are left out.
 */
export function parseOptions(
  declarations: OptionDeclarations,
  given: { readonly [name: string]: JsonValue | undefined },
): JsonObject {
  const problems: string[] = [];
  const names = Object.keys(declarations);
  const values: [string, JsonValue][] = [];
  for (const name of names) {
    const declaration = declarations[name]!;
    const raw = Object.hasOwn(given, name) ? given[name] : undefined;
    const value = raw === undefined ? absent(declaration) : declaration.parse(raw);
    if (value !== undefined) values.push([name, value]);
    else if (raw !== undefined) problems.push(`--${name} ${wrong(declaration, raw)}`);
    else if (!declaration.optional) problems.push(`--${name} is missing: ${describe(declaration)}`);
  }
  for (const name of Object.keys(given)) {
    if (given[name] === undefined || Object.hasOwn(declarations, name)) continue;
    const guess = closest(name, names);
    problems.push(
      `--${name} is not an option of this pipeline${guess === undefined ? '' : `: did you mean --${guess}?`}`,
    );
  }
  if (problems.length > 0)
    throw new MillraceError('OPTIONS_INVALID', 'options', headline(problems), {
      hint:
        names.length === 0 ? 'the pipeline has no options' : `its options are ${names.map((n) => `--${n}`).join(', ')}`,
    });
  return Object.fromEntries(values);
}

function absent(declaration: OptionDeclaration<unknown>): JsonValue | undefined {
  return declaration.default === undefined ? undefined : declaration.parse(declaration.default);
}

function wrong(declaration: OptionDeclaration<unknown>, raw: JsonValue): string {
  // What was given for a secret may be the secret.
  const shown = declaration.kind === 'secret' ? '' : `, not ${JSON.stringify(raw)}`;
  return `is ${declaration.expects}${shown}`;
}

function describe({ expects, description }: OptionDeclaration<unknown>): string {
  return description === undefined ? expects : `${description} (${expects})`;
}

function headline(problems: readonly string[]): string {
  return problems.length === 1
    ? problems[0]!
    : `${problems.length} options are wrong:\n${problems.map((p) => `  ${p}`).join('\n')}`;
}
