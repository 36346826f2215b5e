/** A model that answers what it was asked before from what was kept of it. */

import type { MemoryNamespace } from "../../memory/types.ts";
import { type Checks, checkOptions, having, listOf, text, time, whole } from "../../options/check.ts";
import type { ChatModel } from "../types.ts";
import type { CacheStore } from "./answer-shelf.ts";
import { lateCalls } from "./late-calls.ts";
import { wrapModel } from "./wrap.ts";

/** Where answers are kept, and for how long. */
export interface WithCacheOptions {
  /** Any `MemoryStore`. Default: this process's memory, for the `maxEntries` answers that were asked for last. */
  readonly store?: CacheStore | undefined;
  /** Of the default store. Default 1,000. */
  readonly maxEntries?: number | undefined;
  /** Milliseconds after which an answer is asked for anew. Default: never. */
  readonly ttlMs?: number | undefined;
  /**
   * Where in the store. Default `["model-cache"]`. Given, it also stands in for the `cacheIdentity` of a model that has none:
   * models of one provider and id that share it give each other's answers.
   */
  readonly namespace?: MemoryNamespace | undefined;
}

const OPTIONS: Checks<WithCacheOptions> = {
  store: having("a store", ["get", "put"]),
  maxEntries: whole(1),
  ttlMs: time,
  namespace: listOf(text),
};

/**
 * Keeps the answers of `model` and hands them out again for the same request: the same provider, model, server and options of
 * the model (`ChatModel.cacheIdentity`), messages, tools, schema and settings. Such an answer is marked `cached`, its usage and cost are zero, and a stream of it has the same text
 * in larger pieces. Equal requests at the same time share one call; it ends when all that wait for it have left.
 *
 * Only whole answers are kept (`stop`, `tool_calls`), whether or not they fit what the agent wanted. One that a hook has thrown away is
 * asked for anew, and the new one takes its place. Not kept, and never looked up, is what rests on a conversation that
 * the provider keeps. A store that fails costs the call nothing but a warning on its response.
 *
 * @throws ConfigurationError for what is no model, and options that do not fit.
 * @example
 * ```ts
 * import { Agent, withCache } from "@locus-sdk/core";
 * import { OpenAIModel } from "@locus-sdk/openai";
 *
 * const model = withCache(new OpenAIModel({ model: "gpt-5-mini", apiKey: "…" }), { ttlMs: 3_600_000 });
 * const agent = new Agent({ model });
 * ```
 */
export function withCache(model: ChatModel, options: WithCacheOptions = {}): ChatModel {
  checkOptions("withCache", options, OPTIONS);
  return wrapModel(model, {
    owner: "withCache",
    ...lateCalls(async () => (await import("./cached-calls.ts")).cachedCalls(model, options)),
  });
}
