export * from './state-errors.js';
export * from './stateful-runtime.js';
export * from './timers.js';
export * from './window-expiry.js';
