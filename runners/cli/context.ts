import type { RunnerEntry } from '../registry.js';

/** Where text goes: a part of what Node's streams are. */
export interface TextOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export type EndSignal = 'SIGINT' | 'SIGTERM';

/** The world of a command: handed in, so that tests run commands without a process. */
export interface CliContext {
  /** For what was asked for. */
  readonly stdout: TextOutput;
  /** For progress, log records and errors. */
  readonly stderr: TextOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly runners: readonly RunnerEntry[];
  /** Listens for signals that ask for an end; answers how to stop listening. */
  onSignal(listener: (signal: EndSignal) => void): () => void;
  /** Ends the process at once. */
  exitNow(code: number): void;
}

export const EXIT = {
  done: 0,
  /** The pipeline ran, and failed. */
  failed: 1,
  /** The command, its options, the module or the plan are wrong: nothing ran. */
  wrong: 2,
} as const;

/** What a shell answers for a process that a signal has ended. */
export const SIGNAL_EXIT: Readonly<Record<EndSignal, number>> = { SIGINT: 130, SIGTERM: 143 };
