/** The public face of the Locus core. Nothing is public by accident: every name is listed. */
export type { AgentResult } from "./agent/result.ts";
export * from "./errors/errors.ts";
export type * from "./events/types.ts";
export { isDurable, SCHEMA_VERSION } from "./events/types.ts";
export type { JsonObject, JsonPrimitive, JsonValue } from "./json/json.ts";
export { canonicalJson, deepFreeze, isJsonObject, isRecord, parseJson, toJson } from "./json/json.ts";
export type * from "./messages/types.ts";
export type { ModelFactory, ModelName, ModelOptions, ProviderLoader } from "./model/registry.ts";
export { getModel, listProviders, parseModelName, registerProvider } from "./model/registry.ts";
export type * from "./model/types.ts";
export type * from "./state/types.ts";
export { didYouMean, nearest } from "./text/nearest.ts";
