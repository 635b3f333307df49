/** Every case of the suite and what joins them: one bundle, so that any process can load them. */
export * from './cases.js';
export { together } from './together.js';
