import { BUNDLE_ELEMENTS } from '../kernel/index.js';
import type { Clock } from './clock.js';

/** A bundle is closed at the latest when it is this old. */
const BUNDLE_MS = 100;

/** Whether a task has a bundle open, what is in it, and whether it has had enough. */
export class TaskBundle {
  isOpen = false;
  private elements = 0;
  private isDue = false;
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly wake: () => void,
    private readonly fullAt: number = BUNDLE_ELEMENTS,
  ) {}

  /** A bundle without elements may stay open as long as it likes. */
  get hasElements(): boolean {
    return this.isOpen && this.elements > 0;
  }

  get isOver(): boolean {
    return this.isDue || this.elements >= this.fullAt;
  }

  open(): void {
    this.isOpen = true;
    this.elements = 0;
    this.isDue = false;
  }

  /** So many elements more; with the first of them its time begins to run. */
  count(elements: number): void {
    if (this.isOpen && this.elements === 0) this.cancelTimer = this.clock.after(BUNDLE_MS, () => this.letEnd());
    this.elements += elements;
  }

  /** It is to be closed at the task's next turn. */
  letEnd(): void {
    this.isDue = true;
    this.wake();
  }

  close(): void {
    this.isOpen = false;
    this.stopTime();
  }

  stopTime(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
  }
}
