import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** A process whose output goes to a file, and which is ended by its id. */
export class Child {
  readonly exited: Promise<number | null>;
  private readonly process: ChildProcess;

  constructor(
    command: string,
    args: readonly string[],
    private readonly logFile: string,
    options: SpawnOptions = {},
  ) {
    const log = openSync(logFile, 'a');
    this.process = spawn(command, [...args], { ...options, stdio: ['ignore', log, log] });
    closeSync(log);
    // A test run that is ended before it cleans up takes its services along.
    const takeAlong = (): void => void this.process.kill('SIGKILL');
    process.once('exit', takeAlong);
    this.exited = new Promise<number | null>((resolve) => {
      this.process.once('exit', (code) => resolve(code));
      this.process.once('error', () => resolve(null));
    }).finally(() => process.off('exit', takeAlong));
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  get running(): boolean {
    return this.process.pid !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Sends the signal and waits for the end; SIGKILL follows when that takes longer than `graceMs`. */
  async end(signal: NodeJS.Signals, graceMs = 30_000): Promise<number | null> {
    if (this.running) this.process.kill(signal);
    const timer = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The last lines that it wrote. */
  logTail(lines = 30): string {
    return readFileSync(this.logFile, 'utf8').split('\n').slice(-lines).join('\n');
  }
}

/** Ports of 127.0.0.1 that are free now; all are held until all are found, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
