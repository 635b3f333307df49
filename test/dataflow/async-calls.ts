import type { AsyncContext, AsyncOptions } from 'millrace';
import { collect, type Harness, start } from './feed.js';

/** A call of an asynchronous function, which a test settles by hand. */
export interface Call {
  readonly element: number;
  readonly attempt: number;
  readonly signal: AbortSignal;
  settled: boolean;
  resolve(result?: unknown): void;
  reject(error: unknown): void;
}

/** An asynchronous function that keeps its calls. */
export class Calls {
  readonly made: Call[] = [];
  /** The most that were under way at a time. */
  most = 0;

  readonly fn = (element: number, { attempt, signal }: AsyncContext): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const call: Call = {
        element,
        attempt,
        signal,
        settled: false,
        resolve(result = element) {
          call.settled = true;
          resolve(result);
        },
        reject(error) {
          call.settled = true;
          reject(error);
        },
      };
      this.made.push(call);
      this.most = Math.max(this.most, this.open.length);
    });

  get open(): Call[] {
    return this.made.filter((call) => !call.settled);
  }

  get elements(): number[] {
    return this.made.map(({ element }) => element);
  }

  /** The latest call with an element. */
  of(element: number): Call {
    const call = this.made.findLast((each) => each.element === element);
    if (call === undefined) throw new Error(`nothing was called with ${element}`);
    return call;
  }
}

/** A pipeline that calls a function for what it is fed, and collects the results. */
export async function startCalls(options: AsyncOptions): Promise<Harness & { readonly calls: Calls }> {
  const calls = new Calls();
  const harness = await start((p, { source }, out) => {
    p.read('Feed', () => source, null)
      .mapAsync('Call', calls.fn, options)
      .parDo('Out', collect(out));
  });
  return { ...harness, calls };
}
