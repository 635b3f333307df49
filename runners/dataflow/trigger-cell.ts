import type { BoundedWindow, Timestamp } from '../../sdk/model/index.js';
import type { TriggerState } from '../kernel/index.js';
import { Alarm } from './alarms.js';
import type { KeySessions } from './key-sessions.js';
import type { KeyWindows } from './key-windows.js';
import { PaneCounter } from './pane-counter.js';

/** The windows of a key. */
export type CellOwner = KeyWindows<TriggerCell> | KeySessions<TriggerCell>;

/** What is kept of a key and a window. */
export class TriggerCell {
  /** Undefined when the trigger has finished: the window is closed, and known only so that what comes later is dropped. */
  trigger: TriggerState | undefined;
  accumulator: unknown = undefined;
  /** Epoch of the oldest element that is held; undefined while there is no accumulator. */
  epoch: number | undefined = undefined;
  /** Elements since the last pane. */
  fresh = 0;
  readonly panes = new PaneCounter();
  /** Nothing has to be done at the end of the window any more. */
  ended = false;
  /** When it has to be looked at in event time: at its end, then when it expires. */
  readonly timer = new Alarm<TriggerCell>(this);
  /** When the trigger wants to be asked in processing time. */
  readonly deadline = new Alarm<TriggerCell>(this);
  /** The timestamp of the next pane, which the output watermark does not pass; where there is none it is the window's end. */
  readonly hold = new Alarm<TriggerCell>(this);

  constructor(
    readonly owner: CellOwner,
    public window: BoundedWindow,
    trigger: TriggerState | undefined,
  ) {
    this.trigger = trigger;
  }

  get start(): Timestamp {
    return this.window.start;
  }

  get isClosed(): boolean {
    return this.trigger === undefined;
  }
}
