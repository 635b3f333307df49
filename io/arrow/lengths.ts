import { LOGICAL_TYPE, type LogicalType } from '../../sdk/coders/index.js';

/** What is wrong with a value of this length in a type with a length; undefined when nothing is. */
export function lengthProblem(type: LogicalType, length: number): string | undefined {
  const limit = Number(type.argument);
  const exact = type.logical === LOGICAL_TYPE.fixedChar || type.logical === LOGICAL_TYPE.fixedBytes;
  if (exact ? length === limit : length <= limit) return undefined;
  return `the length is ${length}, and ${type.logical} allows ${exact ? '' : 'at most '}${limit}`;
}
