import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('heap-of-slow-step.mjs', import.meta.url));

/** A heap is never quite clean; the channels hold some 10 MB of elements of a kilobyte. */
const LEEWAY_BYTES = 8e6;

async function largestHeap(elements: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', SCRIPT, String(elements)]);
  const { state, seen, largest } = JSON.parse(stdout) as { state: string; seen: number; largest: number };
  expect({ state, seen }).toEqual({ state: 'DONE', seen: elements });
  return largest;
}

describe('the heap under a slow step', () => {
  it('does not grow with the elements', async () => {
    // The lesser of them is more than the channels take, and the larger one would be 300 MB.
    const few = await largestHeap(30_000);
    const many = await largestHeap(300_000);
    expect(many).toBeLessThan(few + LEEWAY_BYTES);
  });
});
