export { TriggerMachine } from './trigger-machine.js';
export { NO_INSTANT, type TriggerState, type TriggerTime } from './trigger-node.js';
