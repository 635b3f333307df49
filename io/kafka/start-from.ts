import { type JsonValue, MillraceError, type OptionDeclaration } from '../../sdk/index.js';

/**
 * Where a group starts that has committed nothing yet: at the oldest records, after the newest, or at the first record at or
 * after an instant (milliseconds). `committed` starts nowhere else than at a commit.
 */
export type StartFrom = 'earliest' | 'latest' | 'committed' | { readonly timestamp: number };

const WORDS = ['earliest', 'latest', 'committed'] as const;
/** With its zone: an instant must not depend on where the job runs. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const LAST_INSTANT = 8_640_000_000_000_000;

/**
 * An option of a pipeline that says where reading starts: `earliest`, `latest`, `committed`, an instant such as
 * `2026-01-01T00:00:00Z`, or milliseconds since 1970.
 */
export function startFromOption(
  settings: { readonly default?: StartFrom; readonly description?: string } = {},
): OptionDeclaration<StartFrom> {
  const { default: absent = 'latest', description = 'where a group without commits starts' } = settings;
  return {
    kind: 'string',
    description,
    default: absent as JsonValue,
    optional: false,
    choices: [...WORDS, 'instant'],
    expects: `${WORDS.join(', ')}, an instant such as 2026-01-01T00:00:00Z, or milliseconds since 1970`,
    parse: (given) => parseStartFrom(given) as JsonValue | undefined,
  };
}

/** Also takes what it has answered before, as it comes back from a plan. */
export function parseStartFrom(given: unknown): StartFrom | undefined {
  if (typeof given === 'object' && given !== null && 'timestamp' in given) return at(given.timestamp);
  if (typeof given === 'number') return at(given);
  if (typeof given !== 'string') return undefined;
  const word = WORDS.find((one) => one === given);
  if (word !== undefined) return word;
  if (/^\d+$/.test(given)) return at(Number(given));
  return INSTANT.test(given) && isDay(given) ? at(Date.parse(given)) : undefined;
}

/** Date.parse takes 30 February for 2 March. */
function isDay(instant: string): boolean {
  const [year, month, day] = instant.slice(0, 10).split('-').map(Number);
  return day! <= new Date(Date.UTC(year!, month!, 0)).getUTCDate();
}

/** Throws KAFKA_OPTIONS for what is none of the positions, whatever the types said. */
export function checkedStartFrom(given: StartFrom): StartFrom {
  if (typeof given !== 'number') {
    const parsed = parseStartFrom(given);
    if (parsed !== undefined && typeof parsed === typeof given) return parsed;
  }
  throw new MillraceError(
    'KAFKA_OPTIONS',
    'options',
    `startFrom: expected earliest, latest, committed or { timestamp } in whole milliseconds, got ${JSON.stringify(given)}`,
  );
}

function at(timestamp: unknown): StartFrom | undefined {
  const isInstant = Number.isSafeInteger(timestamp) && (timestamp as number) >= 0;
  return isInstant && (timestamp as number) <= LAST_INSTANT ? { timestamp: timestamp as number } : undefined;
}
