/**
 * Cycles of a directed graph: one for each knot, so that each can be reported. `after` gives what follows a node.
 * Time is linear in the graph for each cycle found; at most `most` are looked for.
 */
export function findCycles(
  nodes: Iterable<string>,
  after: (node: string) => readonly string[],
  most = 20,
): (readonly string[])[] {
  const left = new Set(nodes);
  const cycles: string[][] = [];
  while (cycles.length < most) {
    removeAcyclic(left, after);
    const [start] = left;
    if (start === undefined) break;
    const cycle = walk(start, left, after);
    cycles.push(cycle);
    for (const node of cycle) left.delete(node);
  }
  return cycles;
}

/** Kahn's algorithm, backwards: takes away every node from which no cycle can be reached. */
function removeAcyclic(left: Set<string>, after: (node: string) => readonly string[]): void {
  const before = new Map<string, string[]>();
  const open = new Map<string, number>();
  for (const node of left) {
    const next = after(node).filter((other) => left.has(other));
    open.set(node, next.length);
    for (const other of next) {
      const list = before.get(other);
      if (list === undefined) before.set(other, [node]);
      else list.push(node);
    }
  }
  const done = [...left].filter((node) => open.get(node) === 0);
  for (let node = done.pop(); node !== undefined; node = done.pop()) {
    left.delete(node);
    for (const previous of before.get(node) ?? []) {
      const count = open.get(previous)! - 1;
      open.set(previous, count);
      if (count === 0) done.push(previous);
    }
  }
}

/** Every node that is left has a follower that is left, so a walk must come back. */
function walk(start: string, left: ReadonlySet<string>, after: (node: string) => readonly string[]): string[] {
  const order = new Map<string, number>();
  let node = start;
  while (!order.has(node)) {
    order.set(node, order.size);
    node = after(node).find((other) => left.has(other))!;
  }
  return [...order.keys()].slice(order.get(node));
}
