import type { ImportEdge } from './imports.js';

/**
 * Which room may import which. A room is a folder or a file; of several that hold a file, the longest path counts.
 * Every room may import itself.
 */
export const MAY_IMPORT: { readonly [room: string]: readonly string[] | 'anything' } = {
  'sdk/model': [],
  'sdk/coders': ['sdk/model'],
  'sdk/pipeline': ['sdk/model', 'sdk/coders'],
  'sdk/transforms': ['sdk/model', 'sdk/coders', 'sdk/pipeline'],
  'sdk/testing': ['sdk/model', 'sdk/coders', 'sdk/pipeline', 'sdk/transforms'],
  'sdk/index.ts': ['sdk/model', 'sdk/coders', 'sdk/pipeline', 'sdk/transforms', 'sdk/testing'],

  'runners/after-delay.ts': [],
  'runners/kernel': ['sdk/model', 'sdk/coders'],
  'runners/dataflow': ['runners/kernel', 'runners/after-delay.ts', 'sdk/model', 'sdk/coders'],
  'runners/direct': ['runners/dataflow', 'runners/kernel', 'sdk/model', 'sdk/coders'],
  'runners/worker-threads': ['runners/dataflow', 'runners/kernel', 'sdk/model', 'sdk/coders'],
  'runners/beam': ['sdk/model', 'sdk/coders'],
  'runners/harness': ['runners/kernel', 'runners/beam', 'runners/after-delay.ts', 'sdk/model', 'sdk/coders'],
  // It starts the worker pool as a process, and so names the file.
  'runners/remote': [
    'runners/beam',
    'runners/after-delay.ts',
    'runners/harness/pool-main.ts',
    'sdk/model',
    'sdk/coders',
  ],
  'runners/program': ['sdk/model', 'sdk/coders', 'sdk/pipeline'],

  // Where the parts are put together.
  'runners/harness/kernel-worker.ts': 'anything',
  'runners/cli': 'anything',
  'runners/testing': 'anything',
  'runners/testing.ts': 'anything',
  'runners/index.ts': 'anything',
  'runners/registry.ts': 'anything',
  'runners/worker-threads/worker.ts': 'anything',

  // Connectors see the public entry, what files have in common, and themselves; never a runner.
  io: ['sdk/index.ts', 'sdk/model', 'sdk/coders', 'io/files'],
};

/** Packages that cost something to load or to install, and the only rooms that may import them. */
export const PACKAGE_ROOMS: { readonly [name: string]: readonly string[] } = {
  kafkajs: ['io/kafka'],
  commander: ['runners/cli'],
  esbuild: ['runners/program'],
  'apache-arrow': ['io/arrow'],
  'temporal-polyfill': ['runners/kernel/calendar.ts'],
  '@grpc/grpc-js': ['runners/beam', 'runners/remote', 'runners/harness'],
  '@bufbuild/protobuf': ['runners/beam', 'runners/remote', 'runners/harness'],
};

/** The room that holds a file, or undefined. */
export function roomOf(file: string): string | undefined {
  let best: string | undefined;
  for (const room of Object.keys(MAY_IMPORT)) {
    if (isInside(file, room) && (best === undefined || room.length > best.length)) best = room;
  }
  return best;
}

/** What is wrong with these edges, a line for each. */
export function violations(edges: readonly ImportEdge[]): string[] {
  return edges.flatMap((edge) => {
    const problem = edge.isPackage ? packageProblem(edge) : directionProblem(edge);
    return problem === undefined ? [] : [`${edge.from} imports ${edge.specifier}: ${problem}`];
  });
}

function packageProblem(edge: ImportEdge): string | undefined {
  if (edge.to.startsWith('node:')) return undefined;
  const rooms = PACKAGE_ROOMS[edge.to];
  if (rooms === undefined) return `the package ${edge.to} has no room; name one in test/architecture/rooms.ts`;
  return rooms.some((room) => isInside(edge.from, room)) ? undefined : `only ${rooms.join(', ')} may load ${edge.to}`;
}

function directionProblem(edge: ImportEdge): string | undefined {
  const from = roomOf(edge.from);
  if (from === undefined) return 'the importing file stands in no room; name it in test/architecture/rooms.ts';
  const allowed = MAY_IMPORT[from]!;
  if (allowed === 'anything') return undefined;
  // Each connector is a room of its own.
  if (from === 'io' && connectorOf(edge.from) === connectorOf(edge.to)) return undefined;
  const home = from === 'io' ? allowed : [...allowed, from];
  return home.some((room) => isInside(edge.to, room)) ? undefined : `${from} may import ${home.join(', ')}`;
}

function connectorOf(file: string): string {
  return file.split('/').slice(0, 2).join('/');
}

function isInside(file: string, room: string): boolean {
  return file === room || file.startsWith(`${room}/`);
}
