import { valueCoder } from 'millrace/coders';

/** A source of so many readers, all open at once or one after the other, each of so many records in order of time. */
export class ReadersSource {
  restrictionCoder = valueCoder();

  /** @param {boolean} isBounded @param {number} records @param {number} atOnce most records of one poll */
  constructor(isBounded, records, atOnce = Number.POSITIVE_INFINITY) {
    this.isBounded = isBounded;
    this.records = records;
    this.atOnce = atOnce;
  }

  initialRestriction() {
    return 0;
  }

  /** @param {number} readers */
  split(readers) {
    return Array.from({ length: readers }, (_, i) => i);
  }

  newTracker(part) {
    return {
      tryClaim: () => true,
      trySplit: () => undefined,
      currentRestriction: () => part,
      progress: () => ({ completed: 0, remaining: 1 }),
      checkDone: () => {},
    };
  }

  open() {
    const { records, atOnce } = this;
    let next = 0;
    return {
      poll(out, budget) {
        if (next === records) return 'done';
        const end = Math.min(records, next + Math.min(budget, atOnce));
        for (; next < end; next++) out.emit(next, next);
        return 'more';
      },
      watermark: () => next,
      close: () => {},
    };
  }
}
