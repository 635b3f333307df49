import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What a script of this folder prints, as JSON, when it is run with these arguments in a process of its own. */
export async function inOwnProcess(script, args) {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(script), ...args]);
  return JSON.parse(stdout);
}
