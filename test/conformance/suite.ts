import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError, type PipelineResult, type Plan, type Program } from 'millrace';
import { verifyAssertions } from 'millrace/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bundleModule } from '#millrace/runners/program/bundle.js';
import { type LoadedProgram, loadProgram } from '#millrace/runners/program/load.js';
import { tempFolder } from '../support/temp-folder.js';
import { type ConformanceCase, casesIn, REFUSED_AS } from './case.js';
import * as modules from './cases.js';
import { notesIn } from './notes.js';
import type { Abilities } from './subjects.js';

/** A runner as the suite is called with it. */
export interface Subject extends Abilities {
  /** Cases that share a job, where a job costs more than what is in it; each has its own when absent. */
  readonly casesToJob?: number;
  /** Of the jobs that cases share, those that run at a time; 1 when absent. */
  readonly jobsAtATime?: number;
  /** How long all cases may take on a machine that does nothing else; what they took is printed beside it. */
  readonly budgetMs?: number;
  /** For one case, or for the job that it shares. */
  readonly timeoutMs?: number;
  /** Cases that are run; all when absent. */
  readonly takes?: (each: ConformanceCase) => boolean;
  run(program: Program): Promise<PipelineResult>;
  /** Runs a program and drains it when it logs DRAIN_NOW. Absent where `drain` is not supported: no plan could be refused for it. */
  drained?(program: Program): Promise<PipelineResult>;
}

const bundled = bundleModule(fileURLToPath(new URL('./program.ts', import.meta.url)));

/** A program from the bundle and through JSON, as every runner gets it. */
async function programOf(
  exportName: string,
  options: { readonly cases?: string[]; readonly notes?: string } = {},
): Promise<LoadedProgram> {
  const { plan, ...program } = await loadProgram({ bundle: await bundled, exportName, options });
  return { ...program, plan: JSON.parse(JSON.stringify(plan)) as Plan };
}

/** Runs every case on a runner. */
export function conformance(subject: Subject): void {
  const { title, timeoutMs = 30_000, takes = () => true } = subject;
  describe(`conformance on ${title}`, { timeout: timeoutMs }, () => {
    const jobs = jobsOf(subject);
    printTime(subject);
    for (const [name, each] of casesIn(modules)) {
      if (!takes(each) || subject.leavesOut?.[name] !== undefined) continue;
      if (each.drains && subject.drained === undefined) continue;
      const reason = subject.differs?.[name];
      it(reason === undefined ? name : `${name} (may differ: ${reason})`, async () => {
        const shared = await jobs.get(name)?.();
        if (shared !== undefined) {
          judge(each, partOf(shared, name));
          return;
        }
        await runAlone(subject, name, each, reason);
      });
    }
  });
}

async function runAlone(
  subject: Subject,
  name: string,
  each: ConformanceCase,
  reason: string | undefined,
): Promise<void> {
  const notes = each.noted === undefined ? undefined : join(tempFolder(), 'notes');
  const program = await programOf(name, notes === undefined ? {} : { notes });
  const missing = each.requires.filter((requirement) => !subject.supports.includes(requirement));
  if (missing.length > 0) {
    await expect(subject.run(program)).rejects.toMatchObject({
      // By us, or by the engine when the job is prepared.
      code: expect.stringMatching(/^(PLAN_UNSUPPORTED|REMOTE_CALL_FAILED)$/),
      message: expect.stringContaining(REFUSED_AS[missing[0]!] ?? missing[0]!),
    });
    return;
  }
  const result = verifyAssertions(program.plan, await (each.drains ? subject.drained! : subject.run)(program));
  if (reason !== undefined) {
    expect(result.error?.code ?? result.state).toMatch(/^(DONE|PASSERT_FAILED)$/);
    return;
  }
  judge(each, result);
  // An engine may end a job before its worker has put everything away.
  if (notes !== undefined) await vi.waitFor(() => each.noted?.(notesIn(notes)), { timeout: 10_000 });
}

/**
 * By case, the job that it shares with others; run when the first of them asks. Its result is undefined where it failed:
 * then each case says on its own whether it was to blame.
 */
function jobsOf(subject: Subject): Map<string, () => Promise<PipelineResult | undefined>> {
  const { casesToJob = 1, jobsAtATime = 1, takes = () => true, supports, differs = {}, leavesOut = {} } = subject;
  const jobs = new Map<string, () => Promise<PipelineResult | undefined>>();
  if (casesToJob < 2) return jobs;
  const joinable = [...casesIn(modules)]
    .filter(([name, each]) => {
      const runs = each.requires.every((requirement) => supports.includes(requirement));
      const plain = each.fails === undefined && !each.alone && differs[name] === undefined;
      return plain && runs && leavesOut[name] === undefined && takes(each);
    })
    .map(([name]) => name);
  const starts: (() => Promise<PipelineResult | undefined>)[] = [];
  for (let at = 0; at < joinable.length; at += casesToJob) {
    const names = joinable.slice(at, at + casesToJob);
    let job: Promise<PipelineResult | undefined> | undefined;
    const run = async (): Promise<PipelineResult | undefined> => {
      const program = await programOf('together', { cases: names });
      const result = verifyAssertions(program.plan, await subject.run(program));
      return result.state === 'DONE' ? result : undefined;
    };
    const start = () => {
      job ??= run();
      return job;
    };
    const index = starts.push(start) - 1;
    for (const name of names)
      jobs.set(name, () => {
        // Those that are going to be asked for next begin now; what they fail with is heard when they are.
        for (const next of starts.slice(index, index + jobsAtATime)) next().catch(() => undefined);
        return start();
      });
  }
  return jobs;
}

function printTime({ title, budgetMs }: Subject): void {
  if (budgetMs === undefined) return;
  let startedAt = 0;
  beforeAll(() => {
    startedAt = performance.now();
  });
  afterAll(() => {
    const seconds = (ms: number) => Math.round(ms / 1_000);
    process.stdout.write(
      `conformance on ${title}: ${seconds(performance.now() - startedAt)} s of ${seconds(budgetMs)} s\n`,
    );
  });
}

/** Of the result of a job the part that belongs to one of its cases. */
function partOf(result: PipelineResult, name: string): PipelineResult {
  return { ...result, metrics: result.metrics.filter(({ step }) => step.startsWith(`${name}/`)) };
}

function judge(each: ConformanceCase, result: PipelineResult): void {
  const error = result.error === undefined ? undefined : MillraceError.fromEnvelope(result.error);
  if (each.fails !== undefined) {
    expect(result.state).toBe('FAILED');
    expect(error?.code).toBe(each.fails);
    for (const text of each.saying) expect(error?.message).toContain(text);
    for (const text of each.notSaying) expect(error?.message).not.toContain(text);
    for (const text of each.tracing) expect((error?.cause as Error | undefined)?.stack).toContain(text);
    return;
  }
  if (error !== undefined) throw error;
  expect(result.state).toBe(each.drains ? 'DRAINED' : 'DONE');
  for (const [counter, value] of Object.entries(each.counters)) {
    const found = result.metrics.filter((metric) => `${metric.step}#${metric.name}`.endsWith(counter));
    expect(found.map((metric) => metric.value)).toEqual([value]);
  }
  for (const [path, value] of Object.entries(each.metrics)) {
    const found = result.metrics.filter((metric) => `${metric.step}#${metric.name}`.endsWith(path));
    expect(found.map((metric) => metric.value)).toMatchObject([value]);
  }
}
