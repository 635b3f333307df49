import { BroadcastChannel } from 'node:worker_threads';

/** What a worker may be asked while a function stands at a gate. */
export type Question = 'processBundleProgress' | 'processBundleSplit';

const DEADLINE_MS = 20_000;

/** Writes a line of the author's into the exchange. */
export function say(says: string): void {
  tell({ says });
}

/**
 * Stands still until the worker has answered this question of the engine's, with the thread: what is asked meanwhile finds
 * the bundle in the same place each time. Whoever taps the exchange or plays it opens the gate.
 */
export function standStill(says: string, until: Question): void {
  const word = new Int32Array(new SharedArrayBuffer(4));
  tell({ says, until, word: word.buffer });
  if (Atomics.wait(word, 0, 0, DEADLINE_MS) === 'timed-out') throw new Error(`no ${until} came (${says})`);
}

/** Waits for the same, while the thread does other things. */
export async function waitUntil(says: string, until: Question): Promise<void> {
  const word = new Int32Array(new SharedArrayBuffer(4));
  tell({ says, until, word: word.buffer });
  if ((await Atomics.waitAsync(word, 0, 0, DEADLINE_MS).value) === 'timed-out')
    throw new Error(`no ${until} came (${says})`);
}

function tell(message: object): void {
  const channel = new BroadcastChannel('millrace-gates');
  channel.postMessage(message);
  channel.close();
}
