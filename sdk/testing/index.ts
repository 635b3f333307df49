/** Checks that are part of a pipeline, and hold on every runner. */
export { type Assertion, assertionsIn, PASSERT_SUCCESS, verifyAssertions } from './assertions.js';
export { checkRestrictionTracker, type TrackerCheck } from './check-tracker.js';
export { type CoderPropertiesOptions, coderProperties } from './coder-properties.js';
export { compareBags, isEqual } from './equal.js';
export { PAssert } from './p-assert.js';
export { type CombineFnTestOptions, testCombineFn } from './test-combine-fn.js';
export {
  TestStream,
  type TestStreamOutputs,
  TestStreams,
  testStream,
  testStreams,
} from './test-stream.js';
export { TimestampedValue, timestamped } from './test-stream-script.js';
