import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import type { Timestamp } from '../model/time.js';
import { BEAM_CODER } from '../model/urns.js';
import type { BoundedWindow, PaneInfo, Windows } from '../model/window.js';
import { writeString } from './byte-sink.js';
import { readString } from './byte-source.js';
import { readInstant, writeInstant } from './instant.js';
import { allDeterministic } from './kv.js';
import { readPane, writePane } from './pane.js';
import { readFlag } from './scalars.js';
import { readWindows, writeWindows } from './windowed-value.js';

interface TimerTarget<K> {
  readonly userKey: K;
  readonly dynamicTimerTag: string;
  readonly windows: Windows;
}

/** A timer that is set, or one that is cleared. */
export type Timer<K> = TimerTarget<K> &
  (
    | {
        readonly clearBit: false;
        readonly fireTimestamp: Timestamp;
        readonly holdTimestamp: Timestamp;
        readonly pane: PaneInfo;
      }
    | { readonly clearBit: true }
  );

class TimerCoder<K, W extends BoundedWindow> implements Coder<Timer<K>> {
  readonly urn = BEAM_CODER.timer;
  readonly components: readonly Coder<unknown>[];
  readonly deterministic: true | string;
  constructor(
    readonly key: Coder<K>,
    readonly window: Coder<W>,
  ) {
    this.components = [key, window];
    this.deterministic = allDeterministic(this.components);
  }
  encode(timer: Timer<K>, to: ByteSink): void {
    this.key.encode(timer.userKey, to, true);
    writeString(to, timer.dynamicTimerTag);
    writeWindows(timer.windows, this.window, to);
    to.byte(timer.clearBit ? 1 : 0);
    if (timer.clearBit) return;
    writeInstant(to, timer.fireTimestamp);
    writeInstant(to, timer.holdTimestamp);
    writePane(to, timer.pane);
  }
  decode(from: ByteSource): Timer<K> {
    const target = {
      userKey: this.key.decode(from, true),
      dynamicTimerTag: readString(from),
      windows: readWindows(from, this.window),
    };
    if (readFlag(from, this.urn)) return { ...target, clearBit: true };
    const fireTimestamp = readInstant(from);
    const holdTimestamp = readInstant(from);
    return { ...target, clearBit: false, fireTimestamp, holdTimestamp, pane: readPane(from) };
  }
}

export function timerCoder<K, W extends BoundedWindow>(key: Coder<K>, window: Coder<W>): Coder<Timer<K>> {
  return new TimerCoder(key, window);
}
