/** Text files: `millrace/text`. */
export type { FileMetadata } from '../files/glob.js';
export { readText } from './read-text.js';
export type { ReadTextOptions } from './text-options.js';
export type { WriteTextOptions } from './write-options.js';
export { writeText } from './write-text.js';
