import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';

/** What a worker may be asked of a running bundle. */
type Question = 'processBundleProgress' | 'processBundleSplit';

const CHANNEL = 'millrace-gates';
const DEADLINE_MS = 20_000;

/** Writes a line of the author's into the exchange. */
export function say(says: string): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage({ says });
  channel.close();
}

/**
 * Stands at a gate until the worker has answered this question of the engine's: what is asked meanwhile finds the bundle in the
 * same place each time. Whoever taps the exchange or plays it opens the gate (test/support/services/gates.mjs).
 */
export async function waitUntil(says: string, until: Question): Promise<void> {
  const channel = new BroadcastChannel(CHANNEL);
  const gate = randomUUID();
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no ${until} came (${says})`)), DEADLINE_MS);
      channel.onmessage = (message: unknown) => {
        const { data } = message as { readonly data: { readonly opened?: string } };
        if (data.opened === gate) resolve();
      };
      channel.postMessage({ says, until, gate });
    });
  } finally {
    clearTimeout(timer);
    channel.close();
  }
}
