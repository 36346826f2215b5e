/** All of OCI Generative AI's agent-building APIs behind one object. */
import type OpenAI from "openai";
import { assertCompartment, openAIFor } from "./client.ts";
import type { OciOptions } from "./config/options.ts";
import { resolveOciConfig } from "./config/resolve.ts";
import { type ControlPlaneResources, createControlPlane } from "./control/index.ts";
import { createFetch } from "./http/signed-fetch.ts";

/** The resources of the `openai` client that OCI serves, each asked of the host that serves it. */
type OpenAIResources = Pick<
  OpenAI,
  "chat" | "responses" | "conversations" | "files" | "vectorStores" | "containers"
>;

/** OCI's agent-building APIs: those in OpenAI's shape, and the control plane's. */
export interface OciGenAI extends OpenAIResources, ControlPlaneResources {
  /** The `openai` client behind the resources, for whatever else it can do. */
  readonly client: OpenAI;
}

/**
 * OCI's agent-building APIs. Requests in OpenAI's shape are the `openai` client's own: its types, its errors, its retries.
 * The control plane's are typed here; it takes signed requests only.
 *
 * @throws ConfigurationError when the configuration cannot be used, or lacks the compartment.
 * @example
 * ```ts
 * import { createOciGenAI } from "@locus-sdk/oci";
 *
 * const genai = createOciGenAI({ profile: "DEFAULT" });
 * const { id } = await genai.projects.create({ displayName: "support" });
 * await genai.projects.waitUntil(id, "ACTIVE");
 * const store = await genai.vectorStores.create({ name: "handbook" });
 * ```
 */
export function createOciGenAI(options: OciOptions = {}): OciGenAI {
  const config = resolveOciConfig(options);
  assertCompartment(config);
  const fetch = createFetch(config);
  const client = openAIFor(config, fetch);
  const { chat, responses, conversations, files, vectorStores, containers } = client;
  return Object.freeze({
    client,
    chat,
    responses,
    conversations,
    files,
    vectorStores,
    containers,
    ...createControlPlane(config, fetch),
  });
}
