import { MillraceError } from '../../sdk/model/index.js';

/**
 * A new object with the same keys; it has no prototype, as maps that come from outside must not. `__proto__` is no key
 * that protobuf libraries carry: it is refused before it can be lost.
 */
export function mapValues<A, B>(
  from: Readonly<Record<string, A>>,
  convert: (value: A, key: string) => B,
): Record<string, B> {
  const to = Object.create(null) as Record<string, B>;
  for (const [key, value] of Object.entries(from)) {
    if (key === '__proto__')
      throw new MillraceError('BEAM_UNMAPPED', 'plan', 'the id __proto__ cannot be sent to an engine');
    to[key] = convert(value, key);
  }
  return to;
}
