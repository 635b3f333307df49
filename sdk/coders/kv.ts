import type { ByteSink, ByteSource, Coder, KV } from '../model/coder.js';
import { BEAM_CODER } from '../model/urns.js';
import { wrongType } from './errors.js';

class KvCoder<K, V> implements Coder<KV<K, V>> {
  readonly urn = BEAM_CODER.kv;
  readonly components: readonly Coder<unknown>[];
  readonly deterministic: true | string;
  constructor(
    readonly key: Coder<K>,
    readonly value: Coder<V>,
  ) {
    this.components = [key, value];
    this.deterministic = allDeterministic(this.components);
  }
  encode(pair: KV<K, V>, to: ByteSink, nested: boolean): void {
    if (typeof pair !== 'object' || pair === null || !('key' in pair && 'value' in pair))
      throw wrongType(this.urn, 'an object {key, value}', pair);
    this.key.encode(pair.key, to, true);
    this.value.encode(pair.value, to, nested);
  }
  decode(from: ByteSource, nested: boolean): KV<K, V> {
    const key = this.key.decode(from, true);
    return { key, value: this.value.decode(from, nested) };
  }
}

export function kvCoder<K, V>(key: Coder<K>, value: Coder<V>): Coder<KV<K, V>> {
  return new KvCoder(key, value);
}

/** `true` where every component is deterministic, else the first reason. */
export function allDeterministic(components: readonly Coder<unknown>[]): true | string {
  for (const component of components) if (component.deterministic !== true) return component.deterministic;
  return true;
}
