import { beforeEach, describe, expect, it } from 'vitest';
import { EpochLedger, NEVER_COMMITTED } from '#millrace/runners/dataflow/epoch-ledger.js';

describe('the ledger of epochs', () => {
  let ledger: EpochLedger;

  beforeEach(() => {
    ledger = new EpochLedger();
  });

  it('holds a source back to the oldest epoch that is held', () => {
    const first = ledger.add();
    expect(ledger.pass(1, 1)).toBe(1);
    ledger.add();
    expect(ledger.pass(2, 2)).toBe(1);
    expect(ledger.oldest()).toBe(1);
    ledger.remove(first);
    expect(ledger.oldest()).toBe(2);
  });

  it('what leaves is as old as when it was read, for as long as its barrier says', () => {
    const first = ledger.add();
    ledger.pass(1, 1);
    ledger.pass(2, 2);
    ledger.remove(first);
    expect(ledger.pass(3, 3)).toBe(1);
    expect(ledger.pass(4, 4)).toBe(4);
  });

  it('what came late of another grouping is as old as that says', () => {
    ledger.pass(1, 1);
    ledger.pass(2, 2);
    ledger.add();
    ledger.pass(3, 1);
    expect(ledger.oldest()).toBe(1);
  });

  it('an element may have joined any of what is held', () => {
    ledger.add();
    ledger.pass(1, NEVER_COMMITTED);
    expect(ledger.oldest()).toBeUndefined();
    ledger.pass(2, 2);
    expect(ledger.oldest()).toBe(2);
  });

  it('what is joined is as old as the older one, whichever came first', () => {
    const early = ledger.add();
    ledger.pass(3, 3);
    const late = ledger.add();
    ledger.pass(4, 1);
    // What came in the fourth epoch may have joined what was there, too.
    expect(ledger.oldest()).toBe(1);
    const fresh = ledger.add();
    ledger.pass(5, 5);
    ledger.remove(early);
    expect(ledger.join(fresh, late)).toBe(late);
    expect(ledger.oldest()).toBe(1);
    ledger.remove(late);
    expect(ledger.oldest()).toBeUndefined();
  });

  it('a part of what is held is as old as the whole', () => {
    const whole = ledger.add();
    ledger.pass(1, 1);
    ledger.pass(2, 2);
    const part = ledger.add(whole);
    ledger.remove(whole);
    ledger.pass(3, NEVER_COMMITTED);
    expect(ledger.oldest()).toBe(1);
    ledger.remove(part);
    expect(ledger.oldest()).toBeUndefined();
  });
});
