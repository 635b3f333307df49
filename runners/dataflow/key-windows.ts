import type { BoundedWindow } from '../../sdk/model/index.js';
import { WindowMap } from './window-map.js';

/** What is kept of the windows of one key. */
export class KeyWindows<C extends { readonly window: BoundedWindow }> extends WindowMap<C> {
  constructor(
    readonly id: unknown,
    readonly key: unknown,
  ) {
    super();
  }
}
