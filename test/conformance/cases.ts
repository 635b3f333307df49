/** Every case of the suite: one bundle, so that any process can load them. */
export * from './cases/elements.js';
export * from './cases/errors.js';
export * from './cases/grouping.js';
export * from './cases/side-inputs.js';
export * from './cases/sources.js';
export * from './cases/state.js';
export * from './cases/test-stream.js';
export * from './cases/timers.js';
export * from './cases/trigger-times.js';
export * from './cases/triggers.js';
export * from './cases/windowing.js';
export * from './cases/windows.js';
