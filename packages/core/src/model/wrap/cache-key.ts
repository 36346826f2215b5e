/** What makes two requests the same for a cache. */
import { createHash } from "node:crypto";
import { canonicalJson, type JsonValue, toJson } from "../../json/json.ts";
import type { ChatModel, ModelRequest } from "../types.ts";

/**
 * SHA-256 over everything that the answer depends on, in hex. The signal and `onRetry` are the caller's own affair.
 * Whatever is added to `ModelRequest` counts as well, until it is named here.
 */
export function cacheKey(
  { provider, modelId }: Pick<ChatModel, "provider" | "modelId">,
  request: ModelRequest,
): string {
  const { signal: _ends, onRetry: _tells, ...asked } = request;
  const text = canonicalJson({ version: 1, provider, modelId, asked: withoutNone(toJson(asked)) });
  return createHash("sha256").update(text).digest("hex");
}

/** Lists and settings that hold nothing are as good as absent. */
function withoutNone(asked: JsonValue): JsonValue {
  if (typeof asked !== "object" || asked === null || Array.isArray(asked)) return asked;
  return Object.fromEntries(
    Object.entries(asked).filter(
      ([, value]) => typeof value !== "object" || value === null || Object.keys(value).length > 0,
    ),
  );
}
