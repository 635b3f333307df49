/** The console: `millrace/console`. */
export type { ConsoleOptions } from './console-fn.js';
export { CONSOLE_OUTPUT, type ConsoleOutput } from './console-output.js';
export { writeToConsole } from './write-to-console.js';
