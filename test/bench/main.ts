import path from 'node:path';
import { parseBenchArguments, UsageError } from './arguments.js';
import { compareWith } from './compare.js';
import { measureRows } from './measure-rows.js';

/**
 * The command. Answers its exit code: 0 when it has measured, 1 when a result is wrong, a row failed, or this checkout is
 * slower than the other, 2 when it was asked for what it cannot do.
 *
 * @param root the checkout
 */
export async function main(args: readonly string[], root: string): Promise<number> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  try {
    const values = parseBenchArguments(args, root);
    const { report, isRight } =
      values.compare === undefined
        ? await measureRows(values, path.join(root, 'test', 'bench', 'one.js'), say)
        : await compareWith(values, values.compare, root, say);
    process.stdout.write(report);
    return isRight ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`bench: ${error.message}`);
    return 2;
  }
}
