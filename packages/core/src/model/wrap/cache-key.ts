/** What makes two requests the same for a cache. */
import { createHash, randomUUID } from "node:crypto";
import { canonicalJson, type JsonValue, toJson } from "../../json/json.ts";
import type { ChatModel, ModelRequest } from "../types.ts";

/** Names of models that do not say what makes them alike: each is one of its kind, in this process alone. */
const unlike = new WeakMap<object, string>();

/**
 * What sets a model apart from others of its provider and id.
 *
 * @param isShared Whether the caller answers for it: whoever shares the answers is then alike.
 */
export function identityOf(model: Pick<ChatModel, "cacheIdentity">, isShared: boolean): JsonValue {
  const said = model.cacheIdentity;
  if (said !== undefined || isShared) return said ?? null;
  const name = unlike.get(model) ?? randomUUID();
  unlike.set(model, name);
  return name;
}

/**
 * SHA-256 over everything that the answer depends on, in hex. The signal, `onRetry` and `fresh` are no part of
 * what is asked.
 * Whatever is added to `ModelRequest` counts as well, until it is named here.
 */
export function cacheKey(
  { provider, modelId }: Pick<ChatModel, "provider" | "modelId">,
  identity: JsonValue,
  request: ModelRequest,
): string {
  const { signal: _ends, onRetry: _tells, fresh: _again, ...asked } = request;
  const known = { version: 2, provider, modelId, identity, asked: withoutNone(toJson(asked)) };
  return createHash("sha256").update(canonicalJson(known)).digest("hex");
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
