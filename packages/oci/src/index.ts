/** OCI Generative AI for Locus. Nothing is public by accident: every name is listed. */
export { createOciOpenAI } from "./client.ts";
export type { OciAuthType, OciModelOptions, OciOptions, OciTransport } from "./config/options.ts";
export type { Profile } from "./config/profile-file.ts";
export { findRegion, type Region } from "./config/regions.ts";
export { type OciConfig, resolveOciConfig } from "./config/resolve.ts";
export { hasOciConfiguration, type OciPresence } from "./configured.ts";
export { type KnownConfig, mapOciError } from "./errors.ts";
export { OCI_CHAT_PROFILES, ociChatProfile } from "./families.ts";
export type { OciLogger } from "./http/request-log.ts";
export { createOciFetch, type OciFetch } from "./http/signed-fetch.ts";
export { OCIOpenAIModel } from "./oci-openai-model.ts";
export { ociProvider } from "./provider.ts";
export { type ApiFormat, explainRoute, type Route, type ServingMode } from "./routing.ts";
export { Secret } from "./secret.ts";
