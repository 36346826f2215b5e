/** Where a native request runs: a shared model, or an endpoint of one's own. */
import { ConfigurationError, type JsonObject } from "@locus-sdk/core";
import type { OciConfig } from "../config/resolve.ts";

/** Whether an id names an endpoint on a dedicated cluster. OCIDs of models are served on demand. */
export function isDedicated(modelId: string): boolean {
  return /^ocid1\.generativeaiendpoint\./i.test(modelId);
}

/** The `servingMode` of a native request. */
export function servingMode(modelId: string): JsonObject {
  return isDedicated(modelId)
    ? { servingType: "DEDICATED", endpointId: modelId }
    : { servingType: "ON_DEMAND", modelId };
}

/**
 * The compartment of a native request, and that the native API takes these credentials.
 *
 * @throws ConfigurationError that says where to set what is missing.
 */
export function compartmentOf(config: OciConfig): string {
  if (config.authType === "genai_api_key") {
    throw new ConfigurationError("OCI's native API takes signed requests, not an OCI Generative AI API key", {
      code: "native_needs_signature",
      hint: "Give a `profile` (OCI_PROFILE), or use a model served by chat completions, for example openai.gpt-oss-120b.",
    });
  }
  if (config.compartmentId === undefined) {
    throw new ConfigurationError("OCI's native API needs a compartment, and none is configured", {
      code: "compartment_required",
      hint: "Give the `compartmentId` option or OCI_COMPARTMENT.",
    });
  }
  return config.compartmentId;
}
