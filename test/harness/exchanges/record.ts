import { describe, expect, it } from 'vitest';
import { openProgram } from '#millrace/runners/program/open-program.js';
import { describeWithService } from '../../support/services/describe-with-service.js';
import type { TappedLine } from '../../support/services/engine.js';
import { excerptOf } from './excerpt.js';
import { writeExchange } from './exchange.js';
import { type Line, lineFromBytes } from './lines.js';
import { RECORDINGS } from './recordings.js';
import { tidy } from './tidy.js';

/* Records every exchange again (npm run generate:exchanges); -t NAME records one. */

const ENGINES = { prism: 'Prism 2.77', flink: 'Flink 1.19, embedded in the job server of Beam 2.62' } as const;

describe.each(['prism', 'flink'] as const)('exchanges with %s', (name) => {
  describeWithService(name, 'are recorded', (engine) => {
    const recordings = Object.entries(RECORDINGS).filter(([_, recording]) => recording.engine === name);
    it.each(recordings)(
      '%s',
      async (file, { pipeline, steps, pageBytes, fails = false }) => {
        const { program } = await openProgram('test/harness/exchanges/pipelines.ts', {}, { exportName: pipeline });
        const tap = pageBytes === undefined ? {} : { pageBytes };
        const { state, error, tapped = [] } = await engine().run({ ...program, tap }, 100_000);
        expect(state, JSON.stringify(error)).toBe(fails ? 'FAILED' : 'DONE');
        const lines = tidy(tapped.flatMap(lineOf));
        writeExchange(file, {
          engine: ENGINES[name],
          capabilities: capabilitiesIn(tapped),
          lines: excerptOf(lines, steps),
        });
      },
      120_000,
    );
  });
});

const lineOf = (line: TappedLine): Line | readonly Line[] => {
  if ('capabilities' in line) return [];
  return 'says' in line ? line : lineFromBytes(line.from, line.on, line.worker, Buffer.from(line.bytes, 'base64'));
};

const capabilitiesIn = (tapped: readonly TappedLine[]): readonly string[] =>
  tapped.flatMap((line) => ('capabilities' in line ? [line.capabilities] : []))[0] ?? [];
