/** How long work that goes on by itself may keep the event loop from its next turn. */
const TURN_MS = 5;

/**
 * Follows the turns of the event loop for work that continues in microtasks, where the loop has no part: says when that has
 * gone on for too long, and calls back when the loop has had its turn.
 */
export class LoopTurn {
  private immediate: NodeJS.Immediate | undefined;
  private end = 0;

  constructor(private readonly onTurn: () => void) {}

  /** Something is being done: the next turn is asked for, unless it already is. */
  begin(): void {
    if (this.immediate !== undefined) return;
    this.end = performance.now() + TURN_MS;
    this.immediate = setImmediate(this.turned);
  }

  /** Nothing more should be begun before the next turn. */
  get isOver(): boolean {
    return performance.now() >= this.end;
  }

  /** The next turn was asked for. */
  get isPending(): boolean {
    return this.immediate !== undefined;
  }

  cancel(): void {
    clearImmediate(this.immediate);
    this.immediate = undefined;
  }

  private readonly turned = (): void => {
    this.immediate = undefined;
    this.onTurn();
  };
}
