import type { VirtualClock } from 'millrace/testing';
import { expect } from 'vitest';
import { settle } from '../dataflow/feed.js';

const DEADLINE_MS = 20_000;

/** Moves the clock in steps until something is so. What the machine does beside (reading files) takes its own time. */
export async function passTime(clock: VirtualClock, stepMs: number, isSo: () => boolean): Promise<void> {
  const began = performance.now();
  while (!isSo() && performance.now() - began < DEADLINE_MS) {
    clock.advance(stepMs);
    await settle();
  }
  expect(isSo()).toBe(true);
}
