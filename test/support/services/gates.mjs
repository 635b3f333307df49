import { BroadcastChannel } from 'node:worker_threads';

/**
 * The gates at which functions of exchanges wait (test/harness/exchanges/gate.ts) until their worker has answered the
 * question of the engine's that they are there for: what is asked of a running bundle then finds it in the same place each
 * time. A question that came before a function stood at its gate does not open it.
 */
export class Gates {
  #channel = new BroadcastChannel('millrace-gates');
  #shut = [];
  #held = [];
  #over = new Set();

  /** Hears what functions say. */
  constructor(onSaid) {
    this.#channel.onmessage = ({ data: { says, until, gate } }) => {
      onSaid({ says, until });
      if (until === undefined) return;
      this.#shut.push({ until, gate, instructionId: undefined });
      for (const { pass } of this.#held.splice(0)) pass();
    };
  }

  /**
   * Whether an instruction has to wait, until `pass` is called: an engine may want to split a bundle before a function
   * has come to its gate, and never ask again. It is asked then, or when the bundle is over and nothing can be split.
   */
  hold({ request }, pass) {
    if (request.case !== 'processBundleSplit' || this.#shut.length > 0) return false;
    const bundle = request.value.instructionId;
    if (this.#over.has(bundle)) return false;
    this.#held.push({ bundle, pass });
    return true;
  }

  /** An instruction of the engine's, on its way to a worker. */
  ask({ instructionId, request }) {
    for (const gate of this.#shut) if (gate.until === request.case) gate.instructionId ??= instructionId;
  }

  /** An answer of a worker's, on its way to the engine. */
  hear({ instructionId }) {
    this.#over.add(instructionId);
    const over = this.#held.filter(({ bundle }) => bundle === instructionId);
    this.#held = this.#held.filter((held) => !over.includes(held));
    for (const { pass } of over) pass();
    this.#shut = this.#shut.filter((shut) => {
      if (shut.instructionId !== instructionId) return true;
      this.#channel.postMessage({ opened: shut.gate });
      return false;
    });
  }

  close() {
    this.#channel.close();
  }
}
