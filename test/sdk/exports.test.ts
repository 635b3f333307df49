import { readFileSync } from 'node:fs';
import { MILLRACE_VERSION } from 'millrace';
import { expect, it } from 'vitest';
import * as pipeline from '#millrace/sdk/pipeline/index.js';
import * as transforms from '#millrace/sdk/transforms/index.js';

it('is written with these values, and no others', () => {
  expect(Object.keys({ ...pipeline, ...transforms }).sort()).toMatchInlineSnapshot(`
    [
      "GrowableOffsetRangeTracker",
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
      "coGroupByKey",
      "combiningState",
      "count",
      "create",
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
      "manualWatermark",
      "mapState",
      "max",
      "mean",
      "min",
      "monotonicWatermark",
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
      "resumeAfter",
      "sessionWindows",
      "setState",
      "slidingWindows",
      "splittable",
      "sum",
      "swapKV",
      "toList",
      "traitsOf",
      "valueState",
      "values",
      "wallTimeWatermark",
    ]
  `);
});

it('knows its version', () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8')).version).toBe(MILLRACE_VERSION);
});
