/** What makes two models of one id the same to a cache: where they are, and who pays for them. */
import type { JsonValue } from "@locus-sdk/core";
import type { OciConfig } from "./config/resolve.ts";

/** Of the configuration that a call would be made with; nothing where it cannot be read, which the call will tell. */
export function placedBy(resolve: () => OciConfig): () => JsonValue | undefined {
  let known: JsonValue | undefined;
  return () => {
    if (known !== undefined) return known;
    try {
      const { endpoint, baseURL, compartmentId = null, project = null } = resolve();
      known = { endpoint, baseURL, compartmentId, project };
    } catch {
      // Not the place to fail.
    }
    return known;
  };
}
