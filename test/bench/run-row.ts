import { spawn } from 'node:child_process';
import type { Result } from './workloads.js';

/** A program that prints one line of JSON. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** What a program of a row prints. */
export interface Figures extends Result {
  readonly events?: number;
  /** The first run in its process. */
  readonly seconds?: number;
  /** The last run in its process, where there were several. */
  readonly seconds_warm?: number;
  /** User and system time of the last run alone. */
  readonly cpu_seconds_warm?: number;
  /** User and system time of the whole process. */
  readonly cpu_seconds?: number;
  readonly peak_rss_mb?: number;
  /** All runs, in order. */
  readonly repeats?: readonly Repeat[];
  /** Why there are no figures. */
  readonly error?: string;
}

export interface Repeat {
  readonly seconds: number;
  readonly cpu_seconds: number;
}

const DEADLINE_MS = 15 * 60_000;

/** Runs a command to its end and answers the JSON of its last line; what went wrong is its `error`. */
export async function runRow({ file, args, env, cwd }: Command): Promise<Figures> {
  const child = spawn(file, args, {
    env: { ...process.env, ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: DEADLINE_MS,
  });
  const failure = new Promise<string>((resolve) => child.once('error', ({ message }) => resolve(message)));
  const ended = new Promise<string>((resolve) =>
    child.once('close', (code, signal) => resolve(String(signal ?? code))),
  );
  let text = '';
  child.stdout.setEncoding('utf8');
  for await (const chunk of child.stdout) text += chunk;
  const how = await Promise.race([failure, ended]);
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.startsWith('{')
    ? (JSON.parse(line) as Figures)
    : { error: `${file} ${args.join(' ')} printed no figures (${how})` };
}
