import type {
  LogSink,
  MetricResult,
  PipelineHandle,
  PipelineResult,
  PipelineRunner,
  PipelineState,
  Program,
  Progress,
  Unsupported,
} from 'millrace';
import { MIN_TIMESTAMP } from 'millrace';
import { onTestFinished } from 'vitest';
import { runCli } from '#millrace/runners/cli/cli.js';
import type { CliContext, EndSignal } from '#millrace/runners/cli/context.js';
import { RUNNERS, type RunnerEntry, type RunnerSettings } from '#millrace/runners/registry.js';
import { Workspace } from '../program/workspace.js';

/** Collects what a command writes to one of its streams. */
class Captured {
  text = '';
  isTTY: boolean | undefined;
  columns: number | undefined = 100;
  write(text: string): void {
    this.text += text;
  }
}

export interface CliRun {
  readonly stdout: Captured;
  readonly stderr: Captured;
  /** Settles with the exit code of the command. */
  readonly code: Promise<number>;
  /** Exit codes with which the process was ended at once. */
  readonly ended: number[];
  signal(name: EndSignal): void;
}

export interface RunSettings {
  readonly isTTY?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly runners?: readonly RunnerEntry[];
}

/** Starts a command without a process; bundles go to a cache of the test. */
export function startCli(args: readonly string[], settings: RunSettings = {}): CliRun {
  const { isTTY = false, env = {}, runners = RUNNERS } = settings;
  const listeners = new Set<(signal: EndSignal) => void>();
  const [stdout, stderr, ended] = [new Captured(), new Captured(), [] as number[]];
  stdout.isTTY = stderr.isTTY = isTTY;
  const context: CliContext = {
    stdout,
    stderr,
    env,
    runners,
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exitNow: (code) => ended.push(code),
  };
  useOwnCache();
  const signal = (name: EndSignal) => {
    for (const listener of [...listeners]) listener(name);
  };
  return { stdout, stderr, ended, signal, code: runCli(args, context) };
}

/** Runs a command to its end. */
export async function cli(args: readonly string[], settings?: RunSettings) {
  const run = startCli(args, settings);
  const code = await run.code;
  return { code, out: run.stdout.text, err: run.stderr.text };
}

function useOwnCache(): void {
  if (process.env.MILLRACE_CACHE !== undefined) return;
  process.env.MILLRACE_CACHE = new Workspace().cacheFolder;
  onTestFinished(() => {
    delete process.env.MILLRACE_CACHE;
  });
}

/** A runner that does nothing until it is told to end. */
export class FakeRunner implements PipelineRunner, PipelineHandle {
  readonly name = 'fake';
  state: PipelineState = 'RUNNING';
  program: Program | undefined;
  settings: (RunnerSettings & { readonly log: LogSink }) | undefined;
  readonly calls: string[] = [];
  current: Progress = { elementsIn: 0, elementsOut: 0, watermark: MIN_TIMESTAMP };
  #end!: (result: PipelineResult) => void;
  #start!: () => void;
  readonly #result = new Promise<PipelineResult>((resolve) => {
    this.#end = resolve;
  });
  /** Settles when somebody waits for the end of a program. */
  readonly started = new Promise<void>((resolve) => {
    this.#start = resolve;
  });

  constructor(private readonly failure?: Error) {}

  get entry(): RunnerEntry {
    return {
      name: this.name,
      description: 'for tests',
      accepts: ['threads', 'epochIntervalMs', 'engineOptions'],
      create: async (settings) => {
        this.settings = settings;
        return this;
      },
    };
  }

  check(): readonly Unsupported[] {
    return [];
  }

  async run(program: Program): Promise<PipelineHandle> {
    if (this.failure !== undefined) throw this.failure;
    this.program = program;
    return this;
  }

  end(state: PipelineState, more: Partial<PipelineResult> = {}): void {
    this.state = state;
    this.#end({ state, metrics: [], durationMs: 1_234, ...more });
  }

  stop(): void {
    this.calls.push('stop');
  }
  drain(): void {
    this.calls.push('drain');
  }
  cancel(): void {
    this.calls.push('cancel');
  }
  async metrics(): Promise<readonly MetricResult[]> {
    return [];
  }
  progress(): Progress {
    return this.current;
  }
  wait(): Promise<PipelineResult> {
    this.#start();
    return this.#result;
  }
}

export const SHOUT = `import { create, definePipeline, option } from 'millrace';
export default definePipeline({
  name: 'shout',
  options: {
    text: option.string({ description: 'what to shout', default: 'hello' }),
    times: option.integer({ optional: true }),
    loud: option.boolean({ default: true }),
    from: option.choice(['latest', 'earliest'], { default: 'latest' }),
    tags: option.strings({ optional: true }),
  },
  build(p, { text }) {
    p.apply('texts', create([text]))
      .map('shout', (text) => {
        if (text === 'fail') throw new TypeError('too loud');
        return text.toUpperCase();
      })
      .countPerElement();
  },
});
`;
