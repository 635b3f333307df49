/** Named lists in the memory of this process: `millrace/memory`. */
export { forgetMemory, Memory, type MemoryRecord, memory } from './memory.js';
export { readFromMemory, writeToMemory } from './memory-transforms.js';
