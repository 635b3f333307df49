import { MillraceError } from '../../sdk/model/errors.js';
import { RUNNERS } from '../registry.js';
import { runCli } from './cli.js';
import { type CliContext, type EndSignal, EXIT } from './context.js';
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

// What nobody waits for cannot be a step's error; the command has not read its options yet, or has ended.
const format = process.argv.includes('--log-format=json') ? 'json' : 'text';
const output = new Output(process.stderr, format, process.argv.includes('--verbose'));

function fail(code: number, error: unknown): void {
  output.error(error);
  endWhenWritten(code);
}

for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.once(event, (cause: unknown) => {
    const summary = 'something threw where nobody could catch it';
    const hint = 'return or await every promise, and handle errors of timers and sockets where they come up';
    fail(EXIT.failed, new MillraceError('UNCAUGHT', 'function', summary, { cause, hint }));
  });
}

// A pipeline that runs keeps the process alive, so only a module can get here.
process.once('beforeExit', () => {
  const summary = 'the module waits for something that never comes';
  const hint = 'an await at its top level does not settle';
  fail(EXIT.wrong, new MillraceError('PROGRAM_STALLED', 'function', summary, { hint }));
});

runCli(process.argv.slice(2), context).then(endWhenWritten, (error: unknown) => fail(EXIT.failed, error));

/** Something of the author's may keep the process alive; what was written must get out before it ends. */
function endWhenWritten(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
