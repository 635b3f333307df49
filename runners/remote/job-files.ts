import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../../sdk/model/index.js';
import { type Artifact, BUNDLE_ARTIFACT, PLAN_ARTIFACT } from '../beam/artifacts.js';

/** The files that travel with a job: the plan, and the author's code where there is some. */
export interface JobFiles {
  readonly artifacts: readonly Artifact[];
  remove(): Promise<void>;
}

export async function writeJobFiles({ plan, bundle }: Program): Promise<JobFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-job-'));
  const text = JSON.stringify(plan);
  const path = join(directory, PLAN_ARTIFACT);
  await writeFile(path, text);
  const artifacts: Artifact[] = [
    { name: PLAN_ARTIFACT, path, sha256: createHash('sha256').update(text).digest('hex') },
  ];
  if (bundle !== undefined) artifacts.push({ name: BUNDLE_ARTIFACT, ...bundle });
  return { artifacts, remove: () => rm(directory, { recursive: true, force: true }) };
}
