import type { Timestamp } from 'millrace';
import { type Operator, type OperatorMaker, SourceOperator } from '#millrace/runners/dataflow/index.js';
import { type Batch, readSnapshots, type TaskSnapshot, takeSnapshot } from '#millrace/runners/kernel/index.js';

/** An operator in whose place others come. What is not said in `own` is done by the one that is there at the time. */
function standIn(current: () => Operator, own: Partial<Operator & Pick<SourceOperator, 'drain'>>): Operator {
  // What is asked about the class of the first one is true of all.
  return new Proxy(current(), {
    get(_, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name);
      const operator = current();
      const member: unknown = Reflect.get(operator, name);
      return typeof member === 'function' ? member.bind(operator) : member;
    },
    has: (_, name) => Object.hasOwn(own, name) || Reflect.has(current(), name),
  });
}

const snapshotOf = (operator: Operator): TaskSnapshot => takeSnapshot({ snapshot: (to) => operator.snapshot?.(to) });

/**
 * Before every watermark and at every barrier the operator is written down, thrown away, and made again. The one that
 * takes its place was set up before, so that nothing has to wait.
 */
export function restoredAgainAndAgain({ make, wake }: OperatorMaker): Operator {
  let operator = make();
  let spare: Operator | undefined;
  let epoch: number | undefined;
  let draining = false;
  let watermark: Timestamp | undefined;
  const background = new Set<Promise<void>>();
  const inBackground = (work: () => Promise<void>): void => {
    const done = work().finally(() => background.delete(done));
    background.add(done);
  };
  async function prepare(): Promise<void> {
    const next = make();
    await next.setup?.();
    spare = next;
  }
  function restore(): void {
    const next = spare;
    if (next === undefined) return;
    spare = undefined;
    const old = operator;
    next.restore?.(readSnapshots([snapshotOf(old)]));
    if (epoch !== undefined) next.onBarrier?.(epoch, false, epoch);
    if (next instanceof SourceOperator) {
      // How far its input has come, and that there is to be no more, is told to every source that begins.
      if (watermark !== undefined) next.onWatermark(watermark);
      if (draining) next.drain();
    }
    operator = next;
    // The one before may have waited for something that this one does not wait for.
    wake();
    inBackground(async () => {
      await old.teardown?.();
      await prepare();
    });
  }
  return standIn(() => operator, {
    async setup() {
      await operator.setup?.();
      await prepare();
    },
    onWatermark(timestamp) {
      restore();
      watermark = timestamp;
      operator.onWatermark?.(timestamp);
    },
    onBarrier(passed, stop, oldest) {
      const emitted = operator.onBarrier?.(passed, stop, oldest) ?? oldest;
      epoch = passed;
      if (!stop) restore();
      return emitted;
    },
    drain() {
      draining = true;
      if (operator instanceof SourceOperator) operator.drain();
    },
    async teardown() {
      await Promise.all(background);
      await spare?.teardown?.();
      await operator.teardown?.();
    },
  });
}

/** Every batch is first processed by a copy of the operator, which is thrown away with all that came of it. */
export function triedBefore({ make, makeDiscarded, wake }: OperatorMaker): Operator {
  const operator = make();
  // What comes in is work, and is done later.
  if (operator instanceof SourceOperator) return operator;
  let tried: Batch | undefined;
  let trying = false;
  async function attempt(batch: Batch): Promise<void> {
    const { operator: copy, gate } = makeDiscarded();
    const goOn = (): void => {
      while (!copy.resume() && gate.blocked) gate.blocked = false;
      gate.blocked = false;
    };
    try {
      await copy.setup?.();
      copy.restore?.(readSnapshots([snapshotOf(operator)]));
      await copy.startBundle?.();
      for (let at = 0; at < batch.length; goOn()) at = copy.process(batch, at);
      await copy.finishBundle?.();
      goOn();
    } catch {
      // The attempt that counts fails as well, and says so.
    }
    await copy.teardown?.();
  }
  return standIn(() => operator, {
    process(batch, from) {
      if (from > 0 || tried === batch) return operator.process(batch, from);
      trying = true;
      attempt(batch).finally(() => {
        trying = false;
        tried = batch;
        wake();
      });
      return from;
    },
    resume: () => !trying && operator.resume(),
    get isBusy() {
      return trying || operator.isBusy === true;
    },
  });
}
