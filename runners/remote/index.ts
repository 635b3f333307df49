export type { RemoteRunnerOptions } from './options.js';
export { createRemoteRunner } from './remote-runner.js';
