import { IntervalWindow, type PCollection, type Pipeline, type PipelineDefinition } from 'millrace';
import { type CaseOptions, conformanceCase } from '../case.js';

/** A case in which a test stream says what comes when. It cannot share a job: time is that of the whole pipeline. */
export const streamCase = (build: (p: Pipeline) => void, options: CaseOptions = {}): PipelineDefinition =>
  conformanceCase(build, { ...options, requires: ['testStream', ...(options.requires ?? [])], alone: true });

export const FIRST = new IntervalWindow(0, 10);
export const SECOND = new IntervalWindow(10, 20);

/** The elements of each window and firing, sorted and joined. */
export const groups = (elements: PCollection<string>): PCollection<string> =>
  elements
    .keyBy('Key', () => 'k')
    .groupByKey('Group')
    .map('Join', ({ value }) => [...value].sort().join('+'));
