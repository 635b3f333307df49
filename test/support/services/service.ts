import { execFileSync } from 'node:child_process';

/** A real part that tests run against: how to tell whether this machine can run it, and how to start one. */
export interface Service<T extends Disposable> {
  /** Why it cannot run here; undefined when it can. */
  missing(): string | undefined;
  /** Installs it into the cache when needed, and starts one that answers. */
  start(): Promise<T>;
}

export interface Disposable {
  /** Ends the service and removes its files. */
  dispose(): Promise<void>;
}

/** A reason to skip when one of the commands does not run on this machine. */
export function missingCommands(
  ...commands: readonly (readonly [name: string, ...args: string[]])[]
): string | undefined {
  for (const [name, ...args] of commands) {
    try {
      execFileSync(name, args, { stdio: 'ignore' });
    } catch {
      return `\`${[name, ...args].join(' ')}\` does not run here`;
    }
  }
  return undefined;
}
