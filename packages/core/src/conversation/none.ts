/** No management: what the model is sent is the whole conversation, until the provider refuses it. */
import type { ConversationManager } from "./types.ts";

const NONE: ConversationManager = Object.freeze({ compact: () => undefined });

/**
 * Nothing ever gives way. The default.
 *
 * @example
 * ```ts
 * import { Agent, noConversationManager } from "@locus-sdk/core";
 *
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", conversation: noConversationManager() });
 * ```
 */
export function noConversationManager(): ConversationManager {
  return NONE;
}
