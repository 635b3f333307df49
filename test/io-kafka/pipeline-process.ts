import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { deadline } from '../support/deadline.js';

/** `millrace run` in a process of its own, as a user starts it. */
export class PipelineProcess {
  private readonly process: ChildProcess;
  private text = '';
  private readonly watchers = new Set<() => void>();
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;

  constructor(module: string, options: { readonly [name: string]: string | number | undefined }) {
    const args = Object.entries({ runner: 'direct', ...options })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `--${name}=${value}`);
    this.process = spawn(process.execPath, ['runners/cli/millrace.js', 'run', module, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const read = (chunk: Buffer): void => {
      this.text += chunk.toString();
      for (const watcher of this.watchers) watcher();
    };
    this.process.stdout!.on('data', read);
    this.process.stderr!.on('data', read);
    this.exited = once(this.process, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** All that it has written. */
  get output(): string {
    return this.text;
  }

  /** Where its output is now: what {@link says} waits for may have to come after it. */
  get mark(): number {
    return this.text.length;
  }

  /** Waits until it has written this, behind the mark. */
  async says(part: string, { ms = 30_000, after = 0 } = {}): Promise<void> {
    let watcher = () => {};
    const said = new Promise<void>((resolve) => {
      watcher = () => {
        if (this.text.includes(part, after)) resolve();
      };
      this.watchers.add(watcher);
      watcher();
    });
    const ended = this.exited.then(() => {
      throw new Error(`ended without saying "${part}":\n${this.text}`);
    });
    try {
      await deadline(Promise.race([said, ended]), ms, `"${part}" in:\n${this.text}\nwhich`);
    } finally {
      this.watchers.delete(watcher);
      ended.catch(() => {});
    }
  }

  /** Sends the signal and waits for the end. */
  async end(signal: NodeJS.Signals, ms = 10_000): ReturnType<PipelineProcess['waitForExit']> {
    this.process.kill(signal);
    return this.waitForExit(ms);
  }

  waitForExit(ms = 30_000): PipelineProcess['exited'] {
    return deadline(this.exited, ms, `the end of the process, which said:\n${this.text}\nand`);
  }

  /** For the end of a test: whatever still runs is ended. */
  async dispose(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.end('SIGKILL');
  }
}
