import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import { BEAM_CODER } from '../model/urns.js';
import { writeBytes } from './byte-sink.js';
import { readBytes } from './byte-source.js';

/** A key, and which of its shards is meant. */
export interface ShardedKey<K> {
  readonly key: K;
  readonly shardId: Uint8Array;
}

class ShardedKeyCoder<K> implements Coder<ShardedKey<K>> {
  readonly urn = BEAM_CODER.shardedKey;
  readonly components: readonly Coder<unknown>[];
  readonly deterministic: true | string;
  constructor(readonly key: Coder<K>) {
    this.components = [key];
    this.deterministic = key.deterministic;
  }
  encode(value: ShardedKey<K>, to: ByteSink): void {
    writeBytes(to, value.shardId);
    this.key.encode(value.key, to, true);
  }
  decode(from: ByteSource): ShardedKey<K> {
    const shardId = readBytes(from);
    return { key: this.key.decode(from, true), shardId };
  }
}

export function shardedKeyCoder<K>(key: Coder<K>): Coder<ShardedKey<K>> {
  return new ShardedKeyCoder(key);
}
