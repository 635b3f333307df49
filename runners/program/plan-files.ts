import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MillraceError } from '../../sdk/model/errors.js';
import { MAX_PLAN_BYTES, parsePlan, planTooLarge } from '../../sdk/model/parse-plan.js';
import type { NodeEnvironmentPayload, Plan } from '../../sdk/model/plan.js';
import type { BundleRef } from '../../sdk/model/runner.js';
import { MILLRACE_ENVIRONMENT } from '../../sdk/model/urns.js';
import { bundlePath, defaultCacheFolder, sha256, writeAtomically } from './bundle-cache.js';

/** Reads and checks a plan. */
export async function readPlan(path: string): Promise<Plan> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new MillraceError('PLAN_NOT_FOUND', 'plan', `there is no file ${path}`);
  if (!found.isFile()) throw new MillraceError('PLAN_NOT_FOUND', 'plan', `${path} is not a file`);
  if (found.size > MAX_PLAN_BYTES) throw planTooLarge(path, found.size);
  return parsePlan(await readFile(path, 'utf8'), path);
}

/** Writes a plan, and the bundle that it needs beside it: together they run anywhere. */
export async function writePlan(path: string, plan: Plan, bundle: BundleRef | undefined): Promise<void> {
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true });
    // The plan comes last: whoever sees it can run it.
    if (bundle !== undefined) await writeBundle(folder, bundle);
    await writeAtomically(path, `${JSON.stringify(plan, null, 2)}\n`);
  } catch (cause) {
    throw new MillraceError('PLAN_NOT_WRITTEN', 'external', `the plan cannot be written to ${path}`, { cause });
  }
}

async function writeBundle(folder: string, bundle: BundleRef): Promise<void> {
  const target = bundlePath(folder, bundle.sha256);
  if (await isBundle(target, bundle.sha256)) return;
  await writeAtomically(target, await readFile(bundle.path, 'utf8'));
}

/** The bundle that a plan was made with: beside the plan, or in the cache; undefined when the plan needs none. */
export async function findBundle(
  plan: Plan,
  planPath: string,
  cacheFolder: string = defaultCacheFolder(),
): Promise<BundleRef | undefined> {
  const hashes = new Set(
    Object.values(plan.components.environments).flatMap(({ urn, payload }) => {
      const hash =
        urn === MILLRACE_ENVIRONMENT.node ? (payload as unknown as NodeEnvironmentPayload).bundle : undefined;
      return hash === undefined ? [] : [hash];
    }),
  );
  if (hashes.size > 1) {
    throw new MillraceError(
      'PLAN_SEVERAL_BUNDLES',
      'plan',
      `${planPath} needs ${hashes.size} bundles; one process can load one`,
    );
  }
  const [hash] = hashes;
  if (hash === undefined) return undefined;
  const places = [bundlePath(dirname(planPath), hash), bundlePath(cacheFolder, hash)];
  for (const path of places) {
    const isThere = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isThere) return { path, sha256: hash };
  }
  throw new MillraceError('PROGRAM_BUNDLE_MISSING', 'options', `the bundle of ${planPath} is not there`, {
    hint: `copy ${hash}.mjs from where the plan was made to ${join(dirname(planPath))}, or make the plan again`,
  });
}

async function isBundle(path: string, hash: string): Promise<boolean> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes !== undefined && sha256(bytes) === hash;
}
