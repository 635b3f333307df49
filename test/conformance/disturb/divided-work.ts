import type { SourceOperator } from '#millrace/runners/dataflow/index.js';

/** Whenever a source has read something, half of what is left to its reader is split off and done as work of its own. */
export function divided(source: SourceOperator): void {
  const { poll } = source;
  source.poll = () => {
    const outcome = poll.call(source);
    source.divide(0.5);
    return outcome;
  };
}
