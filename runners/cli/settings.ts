import { InvalidArgumentError, Option, type OptionValues } from 'commander';
import { MillraceError } from '../../sdk/model/errors.js';
import type { JsonValue } from '../../sdk/model/json.js';
import { parseDuration } from '../../sdk/pipeline/duration.js';
import type { RunnerEntry, RunnerSettings } from '../registry.js';

/** How the settings of runners are written on the command line of `run`. */
const OPTIONS: Readonly<Record<keyof RunnerSettings, Option>> = {
  threads: new Option('--threads <n>', 'threads (one for each processor)').argParser(count),
  parallelism: new Option('--parallelism <n>', 'tasks of each stage (as many as threads)').argParser(count),
  epochIntervalMs: new Option('--epoch-interval <time>', 'time between two acknowledgements, such as 1s').argParser(
    span,
  ),
  form: new Option('--form <form>', 'interpreted runs stages without generated code').choices([
    'compiled',
    'interpreted',
  ]),
  endpoint: new Option('--endpoint <host:port>', "the engine's Job API"),
  workerPool: new Option('--worker-pool <host:port>', 'a running worker pool, as the engine sees it (one is started)'),
  workerPoolToken: new Option('--worker-pool-token <token>', 'what that pool asks for').env(
    'MILLRACE_WORKER_POOL_TOKEN',
  ),
  engineOptions: new Option('--engine-option <name=value...>', "an option of the engine's own").argParser(engineOption),
  deadlineMs: new Option('--deadline <time>', 'fail when it has not ended after so long, such as 10m').argParser(span),
};

export const SETTING_OPTIONS: readonly Option[] = Object.values(OPTIONS);

/** The settings out of parsed options. One that the runner does not know, or misses, is an error. */
export function settingsOf(values: OptionValues, runner: RunnerEntry): RunnerSettings {
  const given = Object.entries(OPTIONS).flatMap(([setting, option]) => {
    const value: unknown = values[option.attributeName()];
    return value === undefined ? [] : [[setting as keyof RunnerSettings, value] as const];
  });
  const flag = (setting: keyof RunnerSettings) => OPTIONS[setting].long!;
  // A token from the environment may be there for other runs.
  const strange = given.flatMap(([name]) =>
    runner.accepts.includes(name) || name === 'workerPoolToken' ? [] : [flag(name)],
  );
  if (strange.length > 0) {
    const known = runner.accepts.map(flag).join(', ');
    throw new MillraceError('OPTIONS_INVALID', 'options', `the runner ${runner.name} has no ${strange.join(', ')}`, {
      hint: `it has ${known}; another runner is chosen with --runner, an option of the pipeline comes after --`,
    });
  }
  const missing = (runner.requires ?? []).filter((setting) => !given.some(([name]) => name === setting));
  if (missing.length > 0) {
    const summary = `the runner ${runner.name} needs ${missing.map((setting) => OPTIONS[setting].flags).join(', ')}`;
    throw new MillraceError('OPTIONS_INVALID', 'options', summary);
  }
  return Object.fromEntries(given.filter(([name]) => runner.accepts.includes(name)));
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1024)
    throw new InvalidArgumentError('It is a whole number from 1.');
  return value;
}

function span(text: string): number {
  const value = parseDuration(text);
  if (value === undefined || value === 0)
    throw new InvalidArgumentError('It is a span of time such as 500ms, 10s or 5m.');
  return value;
}

function engineOption(
  text: string,
  before: Readonly<Record<string, JsonValue>> = {},
): Readonly<Record<string, JsonValue>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It is name=value.');
  return { ...before, [text.slice(0, at)]: typed(text.slice(at + 1)) };
}

/** Engines want numbers as numbers. */
function typed(text: string): JsonValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
