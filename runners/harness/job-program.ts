import { readFile } from 'node:fs/promises';
import { coderFromSpec } from '../../sdk/coders/index.js';
import {
  type Coder,
  type Components,
  type FunctionResolver,
  type LogRecord,
  MillraceError,
  type Plan,
} from '../../sdk/model/index.js';
import type { KernelHost, MetricCells } from '../kernel/index.js';
import { plainFields } from './log-fields.js';

/** A job's plan and the way to its functions, as a kernel thread has them. */
export interface JobProgram {
  readonly plan: Plan;
  readonly resolver: FunctionResolver;
}

export async function readPlan(path: string): Promise<Plan> {
  return JSON.parse(await readFile(path, 'utf8')) as Plan;
}

/** For jobs without a bundle: such a plan holds no function of the author's. */
export const NO_FUNCTIONS: FunctionResolver = {
  resolve: noFunctions,
  instantiate: noFunctions,
};

function noFunctions(): never {
  throw new MillraceError('REMOTE_NO_BUNDLE', 'plan', 'the plan refers to a function, and came without a bundle', {
    hint: 'run it from its module, or from a plan that was made with its bundle (millrace plan MODULE --out FILE)',
  });
}

/** The host of the kernel for one stage. */
export function stageHost(
  { plan, resolver }: JobProgram,
  components: Components,
  metrics: MetricCells,
  signal: AbortSignal,
  log: (record: LogRecord) => void,
): KernelHost {
  const coders = new Map<string, Coder<unknown>>();
  return {
    resolver,
    signal,
    job: plan.name,
    windowing: (id) => components.windowingStrategies[components.pcollections[id]?.windowingStrategyId ?? ''],
    metrics: (step) => metrics.forStep(step),
    log: (level, message, step, fields) =>
      log({ level, message, step, ...(fields !== undefined && { fields: plainFields(fields) }) }),
    coder(pcollectionId) {
      let coder = coders.get(pcollectionId);
      if (coder === undefined) {
        coder = coderOf(pcollectionId, plan, components);
        coders.set(pcollectionId, coder);
      }
      return coder;
    },
  };
}

/**
 * The plan's own coder where the PCollection is the plan's: engines replace coders that they do not know by
 * length-prefixed ones, and literals in the plan are encoded by the plan's.
 */
function coderOf(pcollectionId: string, plan: Plan, { pcollections, coders }: Components): Coder<unknown> {
  const authored = plan.components.pcollections[pcollectionId];
  if (authored !== undefined) return coderFromSpec(authored.coderId, plan.components.coders);
  const made = pcollections[pcollectionId];
  if (made === undefined)
    throw new MillraceError('REMOTE_PROTOCOL', 'external', `the stage has no PCollection ${pcollectionId}`);
  return coderFromSpec(made.coderId, coders);
}
