/** Room for what is fetched ahead: who fills it waits from when it is full until half of it is free again. */
export class BufferRoom {
  private held = 0;
  private waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(private readonly maxBytes: number) {}

  get bytes(): number {
    return this.held;
  }

  /** Takes what has come already; answers what to wait for before more comes. */
  take(bytes: number): Promise<void> | undefined {
    this.held += bytes;
    if (this.held <= this.maxBytes) return undefined;
    if (this.waiting === undefined) {
      let resolve = () => {};
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      this.waiting = { promise, resolve };
    }
    return this.waiting.promise;
  }

  free(bytes: number): void {
    this.held -= bytes;
    if (this.held <= this.maxBytes / 2) this.open();
  }

  /** Nobody waits any more, however full it is. */
  open(): void {
    this.waiting?.resolve();
    this.waiting = undefined;
  }
}
