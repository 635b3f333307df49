/** The public entry of Millrace: what a pipeline is written with. */
export * from './model/index.js';
export * from './pipeline/index.js';
export * from './transforms/index.js';
