/** Bytes of a file in order, read without waiting as far as that is possible. */
export interface ByteInput {
  /**
   * Reads at most `length` bytes to `target` from `offset` on and answers how many, 0 at the end of the input; or a
   * promise that settles when it is worth to ask again (it never rejects; the next call throws what went wrong).
   */
  read(target: Buffer, offset: number, length: number): number | Promise<void>;
  close(): void;
}
