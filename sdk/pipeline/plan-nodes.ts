/** Where a PCollection keeps its node, and a Pipeline its graph; no part of the public surface. */
export const PCOLLECTION: unique symbol = Symbol('millrace.pcollection');
export const PIPELINE: unique symbol = Symbol('millrace.pipeline');
