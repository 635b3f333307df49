import { describe, expect, it } from 'vitest';
import { openProgram } from '#millrace/runners/program/open-program.js';
import { describeWithService } from '../../support/services/describe-with-service.js';
import type { TappedLine } from '../../support/services/engine.js';
import { excerptOf } from './excerpt.js';
import { writeExchange } from './exchange.js';
import { lineFromJson } from './lines.js';
import { RECORDINGS } from './recordings.js';
import { tidy } from './tidy.js';

/* Records every exchange again (npm run generate:exchanges); -t NAME records one. */

const ENGINES = { prism: 'Prism 2.77', flink: 'Flink 1.19, embedded in the job server of Beam 2.62' } as const;

describe.each(['prism', 'flink'] as const)('exchanges with %s', (name) => {
  describeWithService(name, 'are recorded', (engine) => {
    const recordings = Object.entries(RECORDINGS).filter(([_, recording]) => recording.engine === name);
    it.each(recordings)(
      '%s',
      async (file, { pipeline, steps, pageBytes, threads = 1, fails = false }) => {
        const { program } = await openProgram('test/harness/exchanges/pipelines.ts', {}, { exportName: pipeline });
        const tap = pageBytes === undefined ? {} : { pageBytes };
        const { state, error, tapped = [] } = await engine().run({ ...program, tap }, 100_000);
        expect(state, JSON.stringify(error)).toBe(fails ? 'FAILED' : 'DONE');
        const lines = tidy(tapped.flatMap((line) => lineFromJson(line) ?? []));
        writeExchange(file, {
          engine: ENGINES[name],
          capabilities: capabilitiesIn(tapped),
          threads,
          lines: excerptOf(lines, steps),
        });
      },
      120_000,
    );
  });
});

function capabilitiesIn(tapped: readonly TappedLine[]): readonly string[] {
  for (const line of tapped)
    if (line.from !== 'function' && line.on === 'provision')
      return (line.message as unknown as { readonly runnerCapabilities: readonly string[] }).runnerCapabilities;
  return [];
}
