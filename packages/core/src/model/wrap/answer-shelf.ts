/** Answers that are kept: read and written without ever keeping a call from its answer. */
import { within } from "../../async/abort.ts";
import { messageOf } from "../../errors/errors.ts";
import { isRecord, toJson } from "../../json/json.ts";
import type { MemoryItem, MemoryNamespace, MemoryStore } from "../../memory/types.ts";
import { redactSecrets } from "../../text/redact.ts";
import { readResponse } from "../response.ts";
import type { ModelResponse } from "../types.ts";

/** What a cache needs of a store; any `MemoryStore` has it. */
export type CacheStore = Pick<MemoryStore, "get" | "put">;

/** No answer waits longer for its store. */
const STORE_MS = 2000;

/** What reading came to: an answer, or none, and perhaps why. */
export interface Found {
  readonly response?: ModelResponse;
  readonly warning?: string;
}

export class AnswerShelf {
  readonly #store: CacheStore;
  readonly #namespace: MemoryNamespace;
  readonly #ttlMs: number | undefined;

  constructor(store: CacheStore, namespace: MemoryNamespace, ttlMs: number | undefined) {
    this.#store = store;
    this.#namespace = namespace;
    this.#ttlMs = ttlMs;
  }

  async find(key: string): Promise<Found> {
    try {
      const item = await inTime("read", this.#store.get(this.#namespace, key));
      if (item === undefined) return {};
      const response = isRecord(item.value) ? item.value.response : undefined;
      return { response: asKept(readResponse(response, "the cache")) };
    } catch (error) {
      return { warning: warningOf("read", error) };
    }
  }

  /** @returns what went wrong, in words. */
  async keep(key: string, response: ModelResponse): Promise<string | undefined> {
    // Of the one call that was made; what is handed out later is another one's.
    const { requestId: _call, cached: _mark, ...answer } = response;
    try {
      const options = this.#ttlMs === undefined ? {} : { ttlMs: this.#ttlMs };
      const value = toJson({ response: answer });
      await inTime("written", this.#store.put(this.#namespace, key, value, options));
      return undefined;
    } catch (error) {
      return warningOf("written", error);
    }
  }
}

/** An answer that nothing was sent for. */
export function asKept({ requestId: _call, ...response }: ModelResponse): ModelResponse {
  return {
    ...response,
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0, costUsd: 0 },
    cached: true,
  };
}

/** The default store: the answers that were asked for last. */
export class RecentAnswers implements CacheStore {
  readonly #most: number;
  readonly #items = new Map<string, MemoryItem>();

  constructor(most: number) {
    this.#most = most;
  }

  get(_namespace: MemoryNamespace, key: string): Promise<MemoryItem | undefined> {
    const item = this.#items.get(key);
    if (item === undefined) return Promise.resolve(undefined);
    this.#items.delete(key);
    if (item.expiresAt !== undefined && Date.parse(item.expiresAt) <= Date.now()) {
      return Promise.resolve(undefined);
    }
    this.#items.set(key, item);
    return Promise.resolve(item);
  }

  put: CacheStore["put"] = (namespace, key, value, { ttlMs } = {}) => {
    const now = new Date();
    const at = now.toISOString();
    const expires = ttlMs === undefined ? {} : { expiresAt: new Date(now.getTime() + ttlMs).toISOString() };
    const item: MemoryItem = Object.freeze({
      namespace,
      key,
      value,
      metadata: {},
      version: 1,
      createdAt: at,
      updatedAt: at,
      ...expires,
    });
    this.#items.delete(key);
    this.#items.set(key, item);
    for (const oldest of this.#items.keys()) {
      if (this.#items.size <= this.#most) break;
      this.#items.delete(oldest);
    }
    return Promise.resolve(item);
  };
}

async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  const done = await within(
    STORE_MS,
    work.then((value) => ({ value })),
  );
  if (done === undefined) throw new Error(`it was not ${what} within ${STORE_MS} ms`);
  return done.value;
}

function warningOf(what: string, error: unknown): string {
  return `the cache could not be ${what}: ${redactSecrets(messageOf(error))}`;
}
