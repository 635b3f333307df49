import type { Pipeline } from 'millrace';

export interface Axis {
  readonly what: string;
  readonly sizes: readonly number[];
  readonly parallelism?: number;
  work(size: number): number;
  build(p: Pipeline, size: number): void;
}

export declare const AXES: { readonly [name: string]: Axis };
export declare function runAxis(axis: Axis, size: number): Promise<void>;
