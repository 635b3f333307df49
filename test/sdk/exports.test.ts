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
      "afterAll",
      "afterAny",
      "afterCount",
      "afterEach",
      "afterProcessingTime",
      "afterSynchronizedProcessingTime",
      "afterWatermark",
      "always",
      "asIterable",
      "asList",
      "asMap",
      "asMultimap",
      "asSingleton",
      "bagState",
      "buildPlan",
      "calendarDays",
      "calendarMonths",
      "calendarWeeks",
      "calendarYears",
      "coGroupByKey",
      "combiningState",
      "count",
      "create",
      "customWindows",
      "defaultTrigger",
      "definePipeline",
      "distinct",
      "eventTimer",
      "fixedWindows",
      "flatten",
      "generateSequence",
      "globalWindow",
      "impulse",
      "isPipelineDefinition",
      "keys",
      "mapState",
      "max",
      "mean",
      "min",
      "multimapState",
      "never",
      "option",
      "orFinally",
      "orderedListState",
      "outputTag",
      "parseOptions",
      "partition",
      "processingTimer",
      "reduce",
      "refreshingSideInput",
      "repeatedly",
      "sessionWindows",
      "setState",
      "slidingWindows",
      "sum",
      "swapKV",
      "toList",
      "traitsOf",
      "valueState",
      "values",
    ]
  `);
});

it('knows its version', () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8')).version).toBe(MILLRACE_VERSION);
});
