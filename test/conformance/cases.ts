/** Every case of the suite: one bundle, so that any process can load them. */
export * from './cases/drain.js';
export * from './cases/elements.js';
export * from './cases/errors.js';
export * from './cases/finalization.js';
export * from './cases/grouping.js';
export * from './cases/side-input-streams.js';
export * from './cases/side-inputs.js';
export * from './cases/sources.js';
export * from './cases/splittable.js';
export * from './cases/state.js';
export * from './cases/stateful-side-inputs.js';
export * from './cases/test-stream.js';
export * from './cases/timers.js';
export * from './cases/trigger-times.js';
export * from './cases/triggered-side-inputs.js';
export * from './cases/triggers.js';
export * from './cases/windows.js';
