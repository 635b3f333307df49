/** Checks that are part of a pipeline, and hold on every runner. */
export { type Assertion, assertionsIn, PASSERT_SUCCESS, verifyAssertions } from './assertions.js';
export { compareBags, isEqual } from './equal.js';
export { PAssert } from './p-assert.js';
