export function random(seed: number): () => number;
export function frame(channel: number, sequence: number, length: number): Uint8Array;
