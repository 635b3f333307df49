/** What Node's timers count to, nearly 25 days; they ring at once for a longer delay. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls back once after a delay, however long it is; answers how to cancel it. */
export function afterDelay(delayMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    if (leftMs <= LONGEST_TIMER_MS) timer = setTimeout(callback, leftMs);
    else timer = setTimeout(() => wait(leftMs - LONGEST_TIMER_MS), LONGEST_TIMER_MS);
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}
