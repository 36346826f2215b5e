/** All of OCI Generative AI's agent-building APIs behind one object. */
import type OpenAI from "openai";
import { assertCompartment, openAIFor } from "./client.ts";
import type { OciOptions } from "./config/options.ts";
import { resolveOciConfig } from "./config/resolve.ts";
import { createFetch } from "./http/signed-fetch.ts";

/** The resources of the `openai` client that OCI serves, each asked of the host that serves it. */
type InferenceResources = Pick<
  OpenAI,
  "responses" | "conversations" | "files" | "vectorStores" | "containers" | "chat"
>;

/** OCI's agent-building APIs. */
export interface OciGenAI extends InferenceResources {
  /** The `openai` client behind the resources, for whatever else it can do. */
  readonly client: OpenAI;
}

/**
 * OCI's agent-building APIs.
 *
 * @throws ConfigurationError when the configuration cannot be used.
 * @example
 * ```ts
 * import { createOciGenAI } from "@locus-sdk/oci";
 *
 * const genai = createOciGenAI({ profile: "DEFAULT" });
 * const store = await genai.vectorStores.create({ name: "handbook" });
 * ```
 */
export function createOciGenAI(options: OciOptions = {}): OciGenAI {
  const config = resolveOciConfig(options);
  assertCompartment(config);
  const fetch = createFetch(config);
  const client = openAIFor(config, fetch);
  const { responses, conversations, files, vectorStores, containers, chat } = client;
  return Object.freeze({ client, responses, conversations, files, vectorStores, containers, chat });
}
