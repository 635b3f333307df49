import { clone, create } from '@bufbuild/protobuf';
import {
  InstructionRequestSchema,
  InstructionResponseSchema,
  type ProcessBundleDescriptor,
} from '#millrace/runners/beam/generated/fn_control_pb.js';
import { type Elements, ElementsSchema } from '#millrace/runners/beam/generated/fn_data_pb.js';
import { StateRequestSchema, StateResponseSchema } from '#millrace/runners/beam/generated/fn_state_pb.js';
import type { Line, MessageLine } from './lines.js';
import { neutralStage } from './stages.js';
import { isDescriptor } from './tidy.js';

/**
 * Of what an engine and its workers said, what is about the stages of these steps, with names that are the same in every
 * recording. What an engine asks of a running bundle stays where a function stood at a gate for it: when else it asks is by
 * chance, and so is the answer.
 */
export function excerptOf(lines: readonly Line[], steps: readonly string[]): Line[] {
  const stages = new Names('stage');
  for (const { worker, message } of lines.filter(isDescriptor))
    if (isAbout(message, steps)) stages.add(worker, message.id);
  const bundles = new Names('bundle');
  const questions = new Names('question');
  for (const line of lines)
    if (line.from === 'engine' && line.on === 'control') {
      const { instructionId, request } = line.message;
      if (request.case === 'processBundle' && stages.has(line.worker, request.value.processBundleDescriptorId))
        bundles.add(line.worker, instructionId);
    }
  keepAskedAtGates(lines, bundles, questions);
  const names: NamesOf = { stages, bundles, questions, asks: new Names('ask'), tokens: new Names('token') };
  const kept = lines.flatMap((line): Line | readonly Line[] =>
    line.from === 'function' ? line : (renamed(line, names) ?? []),
  );
  if (kept.every(({ from }) => from === 'function')) throw new Error(`nothing is said about ${steps.join(', ')}`);
  const workers = new Names('worker');
  return kept.map((line) => (line.from === 'function' ? line : { ...line, worker: workers.add('', line.worker) }));
}

function isAbout({ transforms }: ProcessBundleDescriptor, steps: readonly string[]): boolean {
  return Object.values(transforms).some(({ uniqueName }) =>
    steps.some((step) => uniqueName === step || uniqueName.startsWith(`${step}/`)),
  );
}

/** Names by number for what engines name as they like, for each worker on its own. */
class Names {
  readonly #names = new Map<string, string>();
  constructor(private readonly kind: string) {}

  add(worker: string, id: string): string {
    const key = `${worker}\0${id}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = `${this.kind} ${this.#names.size + 1}`;
    this.#names.set(key, name);
    return name;
  }

  has(worker: string, id: string): boolean {
    return this.#names.has(`${worker}\0${id}`);
  }
}

interface NamesOf {
  readonly stages: Names;
  readonly bundles: Names;
  /** Instructions about bundles. */
  readonly questions: Names;
  /** Requests for state. */
  readonly asks: Names;
  readonly tokens: Names;
}

/** Of the instructions about bundles, those that stay. */
function keepAskedAtGates(lines: readonly Line[], bundles: Names, questions: Names): void {
  const asked = new Set<string>();
  const shut: { readonly until: string; opener?: string }[] = [];
  for (const line of lines) {
    if (line.from === 'function') {
      if (line.until !== undefined) shut.push({ until: line.until });
    } else if (line.on !== 'control') continue;
    else if (line.from === 'engine') {
      const { instructionId, request } = line.message;
      const about = aboutBundle(line);
      if (about === undefined || !bundles.has(line.worker, about)) continue;
      asked.add(instructionId);
      if (request.case === 'finalizeBundle' || shut.length > 0) questions.add(line.worker, instructionId);
      for (const gate of shut) if (gate.until === request.case) gate.opener ??= instructionId;
    } else {
      const { instructionId, response } = line.message;
      const opened = shut.findIndex(({ opener }) => opener === instructionId);
      if (opened >= 0) shut.splice(opened, 1);
      const splits = response.case === 'processBundleSplit' ? response.value.channelSplits : [];
      if (splits.length > 0 && asked.has(instructionId) && !questions.has(line.worker, instructionId))
        throw new Error('the engine has split a bundle that stood at no gate: record the exchange again');
    }
  }
}

function aboutBundle(line: MessageLine): string | undefined {
  if (line.from !== 'engine' || line.on !== 'control') return undefined;
  const { case: kind, value } = line.message.request;
  return kind === 'processBundleProgress' || kind === 'processBundleSplit' || kind === 'finalizeBundle'
    ? value.instructionId
    : undefined;
}

/** The line with its new names; undefined for one that is not about what is kept. */
function renamed(line: MessageLine, names: NamesOf): MessageLine | undefined {
  const { worker } = line;
  const { stages, bundles, questions, asks, tokens } = names;
  switch (line.on) {
    case 'descriptor':
      return stages.has(worker, line.message.id)
        ? { ...line, message: neutralStage(line.message, stages.add(worker, line.message.id)) }
        : undefined;
    case 'control': {
      const { instructionId } = line.message;
      const isBundle = bundles.has(worker, instructionId);
      if (!isBundle && !questions.has(worker, instructionId)) return undefined;
      const name = (isBundle ? bundles : questions).add(worker, instructionId);
      if (line.from === 'harness') {
        const message = clone(InstructionResponseSchema, line.message);
        message.instructionId = name;
        if (message.response.case === 'processBundle') renameAll(message.response.value.elements, name);
        return { ...line, message };
      }
      const message = clone(InstructionRequestSchema, line.message);
      message.instructionId = name;
      const { case: kind, value } = message.request;
      if (kind === 'processBundle') {
        renameAll(value.elements, name);
        value.processBundleDescriptorId = stages.add(worker, value.processBundleDescriptorId);
        for (const each of value.cacheTokens)
          each.token = Buffer.from(tokens.add(worker, Buffer.from(each.token).toString('latin1')));
      } else if (kind === 'processBundleProgress' || kind === 'processBundleSplit' || kind === 'finalizeBundle')
        value.instructionId = bundles.add(worker, value.instructionId);
      return { ...line, message };
    }
    case 'data': {
      const rename = <E extends { readonly instructionId: string }>(elements: readonly E[]) =>
        elements
          .filter(({ instructionId }) => bundles.has(worker, instructionId))
          .map((each) => ({ ...each, instructionId: bundles.add(worker, each.instructionId) }));
      const message = create(ElementsSchema, {
        data: rename(line.message.data),
        timers: rename(line.message.timers),
      });
      return message.data.length + message.timers.length === 0 ? undefined : { ...line, message };
    }
    case 'state': {
      const { id } = line.message;
      if (line.from === 'engine') {
        if (!asks.has(worker, id)) return undefined;
        const { error, response } = line.message;
        return { ...line, message: create(StateResponseSchema, { id: asks.add(worker, id), error, response }) };
      }
      const { instructionId, stateKey, request } = line.message;
      if (!bundles.has(worker, instructionId)) return undefined;
      const renamed = { id: asks.add(worker, id), instructionId: bundles.add(worker, instructionId) };
      return {
        ...line,
        message: create(StateRequestSchema, { ...renamed, request, ...(stateKey !== undefined && { stateKey }) }),
      };
    }
  }
}

/** Elements that came within an instruction or an answer. */
function renameAll(elements: Elements | undefined, instructionId: string): void {
  for (const each of [...(elements?.data ?? []), ...(elements?.timers ?? [])]) each.instructionId = instructionId;
}
