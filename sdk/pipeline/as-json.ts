import type { JsonObject } from '../model/json.js';

/** A payload as JSON: interfaces lack the index signature that the type of JSON asks for. The end of the build checks it. */
export const asJson = (payload: object): JsonObject => payload as JsonObject;
