import { BroadcastChannel } from 'node:worker_threads';

/**
 * The gates at which functions of exchanges stand still (test/harness/exchanges/gate.ts) until their worker has answered
 * the question of the engine's that they wait for: what is asked of a running bundle then finds it in the same place each
 * time. A question that came before a function stood at its gate does not open it.
 */
export class Gates {
  #channel = new BroadcastChannel('millrace-gates');
  #shut = [];

  /** Hears what functions say. */
  constructor(onSaid) {
    this.#channel.onmessage = ({ data: { says, until, word } }) => {
      if (until !== undefined) this.#shut.push({ until, word: new Int32Array(word), instructionId: undefined });
      onSaid({ says, until });
    };
  }

  /** An instruction of the engine's, on its way to a worker. */
  ask({ instructionId, request }) {
    for (const gate of this.#shut) if (gate.until === request.case) gate.instructionId ??= instructionId;
  }

  /** An answer of a worker's, on its way to the engine. */
  hear({ instructionId }) {
    this.#shut = this.#shut.filter((gate) => {
      if (gate.instructionId !== instructionId) return true;
      Atomics.store(gate.word, 0, 1);
      Atomics.notify(gate.word, 0);
      return false;
    });
  }

  close() {
    this.#channel.close();
  }
}
