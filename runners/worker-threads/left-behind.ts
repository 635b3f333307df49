/** What keeps a thread's event loop alive, counted by kind: timers, sockets, servers, watched files … */
function openResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Tells whether a program has left something open in its thread. */
export class OpenResources {
  readonly #before = openResources();

  /** Whether nothing is open that was not open at the beginning. */
  isClean(): boolean {
    for (const [kind, count] of openResources()) if (count > (this.#before.get(kind) ?? 0)) return false;
    return true;
  }
}

/** Settles when what was written to the console has reached the main thread. */
export async function consoleFlushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writable) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
}
