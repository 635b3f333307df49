import { fileURLToPath } from 'node:url';
import { MillraceError, type PipelineResult, type Plan, type Program } from 'millrace';
import { verifyAssertions } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { bundleModule } from '#millrace/runners/program/bundle.js';
import { type LoadedProgram, loadProgram } from '#millrace/runners/program/load.js';
import { type ConformanceCase, casesIn, type Requirement } from './case.js';
import * as modules from './cases.js';

/** A runner as the suite is called with it. */
export interface Subject {
  readonly name: string;
  /** What it can do beyond the core. A case that requires something else must be refused, by this name. */
  readonly supports: readonly Requirement[];
  /**
   * Cases whose outcome may be another one on this runner, with the reason. They run, and end; but an assertion inside may
   * find something else than Beam documents.
   */
  readonly differs?: Readonly<Record<string, string>>;
  run(program: Program): Promise<PipelineResult>;
}

const bundled = bundleModule(fileURLToPath(new URL('./cases.ts', import.meta.url)));

/** The program of a case, from the bundle and through JSON, as every runner gets it. */
async function programOf(exportName: string): Promise<LoadedProgram> {
  const { plan, ...program } = await loadProgram({ bundle: await bundled, exportName });
  return { ...program, plan: JSON.parse(JSON.stringify(plan)) as Plan };
}

/** Runs every case on a runner. */
export function conformance(subject: Subject): void {
  describe(`conformance on ${subject.name}`, () => {
    for (const [name, each] of casesIn(modules)) {
      const reason = subject.differs?.[name];
      it(reason === undefined ? name : `${name} (may differ: ${reason})`, async () => {
        const program = await programOf(name);
        const missing = each.requires.filter((requirement) => !subject.supports.includes(requirement));
        if (missing.length > 0) {
          await expect(subject.run(program)).rejects.toMatchObject({
            code: 'PLAN_UNSUPPORTED',
            message: expect.stringContaining(missing[0]!),
          });
          return;
        }
        const result = verifyAssertions(program.plan, await subject.run(program));
        if (reason === undefined) judge(each, result);
        else expect(result.error?.code ?? result.state).toMatch(/^(DONE|PASSERT_FAILED)$/);
      });
    }
  });
}

function judge(each: ConformanceCase, result: PipelineResult): void {
  const error = result.error === undefined ? undefined : MillraceError.fromEnvelope(result.error);
  if (each.fails !== undefined) {
    expect(result.state).toBe('FAILED');
    expect(error?.code).toBe(each.fails);
    for (const text of each.saying) expect(error?.message).toContain(text);
    return;
  }
  if (error !== undefined) throw error;
  expect(result.state).toBe('DONE');
  for (const [counter, value] of Object.entries(each.counters)) {
    const found = result.metrics.filter((metric) => `${metric.step}#${metric.name}`.endsWith(counter));
    expect(found.map((metric) => metric.value)).toEqual([value]);
  }
}
