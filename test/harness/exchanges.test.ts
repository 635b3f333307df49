import { expect, it } from 'vitest';
import { openProgram } from '#millrace/runners/program/open-program.js';
import { readExchange } from './exchanges/exchange.js';
import { harnessSide } from './exchanges/harness-side.js';
import { play } from './exchanges/play.js';
import { RECORDINGS } from './exchanges/recordings.js';

/*
 * What engines and the harness said once (npm run generate:exchanges records it) is said again without an engine: the harness
 * must answer what it answered then.
 */

const recordings = Object.entries(RECORDINGS).map(([name, recording]) => ({ name, ...recording }));

it.each(recordings)('$name: $shows', async ({ name, pipeline }) => {
  const exchange = readExchange(name);
  const { program } = await openProgram('test/harness/exchanges/pipelines.ts', {}, { exportName: pipeline });
  const said = await play(exchange, program);
  expect(harnessSide(said)).toEqual(harnessSide(exchange.lines));
});
