import { type Command, InvalidArgumentError, Option } from 'commander';
import { attempt, type CommonOptions, withCommonOptions } from '../common.js';
import { type CliContext, EXIT, SIGNAL_EXIT } from '../context.js';
import type { Output } from '../output.js';

interface PoolOptions extends CommonOptions {
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  readonly threads?: number;
}

/** `millrace worker-pool`: serves engines that ask for workers, until a signal ends it. */
export function addWorkerPool(parent: Command, context: CliContext, done: (code: number) => void): void {
  const command = withCommonOptions(parent.command('worker-pool'))
    .description('start workers for a cluster engine, on the machines where it runs')
    .addOption(new Option('--host <address>', 'an address of this machine').default('127.0.0.1'))
    .addOption(new Option('--port <n>', 'a free one when 0').argParser(whole(0, 65_535)).default(0))
    .addOption(
      new Option('--token <token>', 'what jobs must bring; needed on every address but loopback').env(
        'MILLRACE_WORKER_POOL_TOKEN',
      ),
    )
    .addOption(new Option('--threads <n>', 'for each worker (one for each processor)').argParser(whole(1, 1_024)));
  command.action(async () => {
    const options = command.opts<PoolOptions>();
    done(await attempt(context, options, (output) => serve(options, context, output)));
  });
}

async function serve(
  { host, port, token, threads }: PoolOptions,
  context: CliContext,
  output: Output,
): Promise<number> {
  const { startWorkerPool } = await import('../../harness/index.js');
  const log = output.log.bind(output);
  const optional = { ...(token !== undefined && { token }), ...(threads !== undefined && { threads }) };
  // Before the address is told: whoever knows it may end the pool.
  const ended = endSignal(context);
  const pool = await startWorkerPool({ host, port, log, ...optional });
  context.stdout.write(`${pool.endpoint}\n`);
  log({ level: 'info', message: `the worker pool listens on ${pool.endpoint}` });
  await ended;
  await pool.close();
  return EXIT.done;
}

function endSignal(context: CliContext): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0;
    context.onSignal((signal) => {
      if (++signals > 1) context.exitNow(SIGNAL_EXIT[signal]);
      else resolve();
    });
  });
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}
