import { MillraceError } from '../../sdk/model/errors.js';
import type { JsonValue } from '../../sdk/model/json.js';

export type RawOptions = Readonly<Record<string, JsonValue>>;

/**
 * The pipeline's options out of what is left of a command line: `--name=value`, `--name value`, `--name` (true) and
 * `--no-name` (false). A name that is given more than once has a list of values.
 */
export function parseTokens(tokens: readonly string[]): RawOptions {
  const found = new Map<string, string[]>();
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token === '--') continue;
    const match = /^--([^=]+)(?:=([\s\S]*))?$/.exec(token);
    if (match === null) throw unexpected(token);
    let [, name = '', value] = match;
    const next = tokens[i + 1];
    if (value === undefined && next !== undefined && isValue(next)) {
      value = next;
      i++;
    } else if (value === undefined && name.startsWith('no-')) {
      name = name.slice('no-'.length);
      value = 'false';
    }
    found.set(name, [...(found.get(name) ?? []), value ?? 'true']);
  }
  const options: Record<string, JsonValue> = Object.create(null);
  for (const [name, values] of found) options[name] = values.length === 1 ? values[0]! : values;
  return options;
}

/** Negative numbers begin like an option, and are none. */
function isValue(token: string): boolean {
  return !token.startsWith('-') || /^-\.?\d/.test(token) || token === '-';
}

function unexpected(token: string): MillraceError {
  return new MillraceError('USAGE', 'options', `what is '${token}'? Options of a pipeline are --name=value`, {
    hint: 'millrace run MODULE --help shows the options of a pipeline',
  });
}
