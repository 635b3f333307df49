import type { JsonObject, JsonValue } from '../../sdk/model/index.js';

/** Options under the keys that Beam's Job API gives them. */
export const engineOptions = (options: Readonly<Record<string, JsonValue>>): JsonObject =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [`beam:option:${name}:v1`, value]));
