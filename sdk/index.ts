/** The public entry of Millrace: what a pipeline is written with. */
export * from './model/index.js';
