/** Runs work, and counts the turns that the event loop has meanwhile. */
export async function turnsOf(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let running = true;
  const next = (): void => {
    turns++;
    if (running) setImmediate(next);
  };
  setImmediate(next);
  await work();
  running = false;
  return turns;
}

/** Works for a millisecond. */
export function busy(): void {
  const end = performance.now() + 1;
  while (performance.now() < end);
}
