/** OCI Generative AI for Locus. Nothing is public by accident: every name is listed. */
export * from "./building/index.ts";
export { createOciOpenAI } from "./client.ts";
export type { OciAuthType, OciModelOptions, OciOptions, OciTransport } from "./config/options.ts";
export type { Profile } from "./config/profile-file.ts";
export { findRegion, type Region } from "./config/regions.ts";
export { type OciConfig, resolveOciConfig } from "./config/resolve.ts";
export { hasOciConfiguration, type OciPresence } from "./configured.ts";
export type * from "./control/index.ts";
export { type ControlPlaneResources, LifecycleError } from "./control/index.ts";
export type { Check, CheckName } from "./doctor/check.ts";
export { type DiagnoseOptions, diagnose } from "./doctor/diagnose.ts";
export { type KnownConfig, mapOciError } from "./errors.ts";
export { OCI_CHAT_PROFILES, ociChatProfile } from "./families.ts";
export { createOciGenAI, type OciGenAI } from "./genai.ts";
export type { OciLogger } from "./http/request-log.ts";
export { createOciFetch, type OciFetch } from "./http/signed-fetch.ts";
export { type ListModelsOptions, listOciModels, type OciModelInfo } from "./models-list.ts";
export {
  type EmbeddingInputType,
  type EmbeddingType,
  type EmbedOptions,
  type EmbedResult,
  OCIEmbeddings,
  type OCIEmbeddingsOptions,
} from "./native/embeddings.ts";
export {
  type CategoryScore,
  type GuardrailChecks,
  type GuardrailResult,
  OCIGuardrails,
  type PersonalData,
} from "./native/guardrails.ts";
export { type OCIGuardrailsDetectorOptions, ociGuardrailsDetector } from "./native/guardrails-detector.ts";
export { OCIModel } from "./native/oci-model.ts";
export type { NativeChatOptions, OCIModelOptions } from "./native/options.ts";
export {
  OCIReranker,
  type RankedDocument,
  type RerankOptions,
  type RerankResult,
} from "./native/reranker.ts";
export { OCIOpenAIModel } from "./oci-openai-model.ts";
export { OCIResponsesModel, type OCIResponsesModelOptions } from "./oci-responses-model.ts";
export { ociProvider } from "./provider.ts";
export { type ApiFormat, explainRoute, type Route, type ServingMode } from "./routing.ts";
export { Secret } from "./secret.ts";
