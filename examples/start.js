/** What `npm start` does: runs the windowed word count, and says where everything is and what to try next. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const EXAMPLE = 'examples/windowed-word-count.ts';
const PLAN = 'out/plan.json';
const CLI = 'dist/runners/cli/main.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
if (!existsSync(CLI)) {
  console.error(`${CLI} is missing: run \`npm ci\` (which builds it) or \`npm run build\` first`);
  process.exit(2);
}

const args = [CLI, 'run', EXAMPLE, `--save-plan=${PLAN}`, ...process.argv.slice(2)];
const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit' });
if (status !== 0) {
  if (signal !== null) console.error(`ended by ${signal}`);
  process.exit(status ?? 1);
}

// A run that was asked for help alone leaves no plan.
if (existsSync(PLAN)) {
  const { output } = JSON.parse(readFileSync(PLAN, 'utf8')).options;
  console.log(`
The program   ${EXAMPLE}
The output    ${dirname(output)}/ (a file for each window of time)
The plan      ${PLAN} (all that a runner gets to see)

Try next:
  npm start -- --window=5m --top=10            other options of the program
  npx millrace run ${PLAN}               the plan alone
  npx millrace run ${EXAMPLE} --runner=worker-threads
  npx millrace explain ${EXAMPLE}
  npx millrace graph ${EXAMPLE}`);
}
