/** What requests have in common when the service throttles them: it counts by tenancy (or key) and model. */
import { createHash } from "node:crypto";
import { isRecord, parseJson } from "@locus-sdk/core";
import type { Credentials } from "../auth/credentials.ts";
import type { OciConfig } from "../config/resolve.ts";

/** The model that a request's body asks, in any of the three APIs; `undefined` where it asks none. */
export function modelIn(body: Uint8Array | undefined): string | undefined {
  const parsed = body === undefined ? undefined : parseJson(new TextDecoder().decode(body));
  if (!isRecord(parsed)) return undefined;
  const native = isRecord(parsed.servingMode) ? parsed.servingMode : {};
  const model = parsed.model ?? native.modelId ?? native.endpointId;
  return typeof model === "string" ? model : undefined;
}

/** Whose request it is, as far as can be told: a tenancy, a key by its digest, or the machine. */
export function callerOf(
  { profile, apiKeys }: OciConfig,
  { authType }: Pick<Credentials, "authType">,
): string {
  const [key] = apiKeys;
  if (key !== undefined) return createHash("sha256").update(key.reveal()).digest("base64");
  return profile?.tenancy ?? authType;
}
