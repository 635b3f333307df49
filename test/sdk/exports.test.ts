import { readFileSync } from 'node:fs';
import { MILLRACE_VERSION } from 'millrace';
import { expect, it } from 'vitest';
import * as pipeline from '#millrace/sdk/pipeline/index.js';
import * as transforms from '#millrace/sdk/transforms/index.js';

it('is written with these values, and no others', () => {
  expect(Object.keys({ ...pipeline, ...transforms }).sort()).toMatchInlineSnapshot(`
    [
      "NO_END",
      "OffsetRangeTracker",
      "PCollection",
      "PLAN_ERROR",
      "Pipeline",
      "buildPlan",
      "coGroupByKey",
      "count",
      "create",
      "definePipeline",
      "distinct",
      "fixedWindows",
      "flatten",
      "generateSequence",
      "globalWindow",
      "impulse",
      "isPipelineDefinition",
      "keys",
      "max",
      "mean",
      "min",
      "option",
      "outputTag",
      "parseOptions",
      "partition",
      "reduce",
      "sessionWindows",
      "slidingWindows",
      "sum",
      "swapKV",
      "toList",
      "traitsOf",
      "values",
    ]
  `);
});

it('knows its version', () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8')).version).toBe(MILLRACE_VERSION);
});
