import { RUNNERS } from '../registry.js';
import { runCli } from './cli.js';
import type { CliContext, EndSignal } from './context.js';
import { Output } from './output.js';

const SIGNALS: readonly EndSignal[] = ['SIGINT', 'SIGTERM'];

const context: CliContext = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  runners: RUNNERS,
  onSignal(listener) {
    for (const signal of SIGNALS) process.on(signal, listener);
    return () => {
      for (const signal of SIGNALS) process.off(signal, listener);
    };
  },
  exitNow: (code) => process.exit(code),
};

// The reader of a pipe may have seen enough: `millrace graph … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

runCli(process.argv.slice(2), context).then(
  (code) => endWhenWritten(code),
  (error: unknown) => {
    new Output(process.stderr, 'text', true).error(error);
    endWhenWritten(1);
  },
);

/** Something of the author's may keep the process alive; what was written must get out before it ends. */
function endWhenWritten(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
