import path from 'node:path';
import { parseBenchArguments, UsageError } from './arguments.js';
import { measureRows } from './measure-rows.js';

/**
 * The command. Answers its exit code: 0 when it has measured, 1 when a result is wrong or a row failed, 2 when it was asked for what it cannot do.
 *
 * @param root the checkout
 */
export async function main(args: readonly string[], root: string): Promise<number> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  try {
    const one = path.join(root, 'test', 'bench', 'one.js');
    const { report, isRight } = await measureRows(parseBenchArguments(args, root), one, say);
    process.stdout.write(report);
    return isRight ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`bench: ${error.message}`);
    return 2;
  }
}
