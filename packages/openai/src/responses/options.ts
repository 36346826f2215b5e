/** A Responses model's options, checked: exactly one owner of the history. */
import { ConfigurationError, isRecord, type JsonObject, type ModelCapabilities } from "@locus-sdk/core";
import type { OpenAI } from "openai";
import type { CacheIdentity } from "../cache-identity.ts";
import type { ChatProfile } from "../chat/profile.ts";
import type { ErrorMapper } from "../errors.ts";

/** Who keeps the conversation: the server by response, the server as one conversation, or we. */
export type HistoryOwner = "response-id" | "conversation" | "client";

/** What users may say about history, on whatever class is built on this one. */
export interface HistoryOptions {
  /**
   * `"response-id"` (default): the server keeps each response, and a request names the one it goes on from.
   * `"conversation"`: the server keeps one growing conversation. `"client"`: everything is sent every time.
   */
  readonly history?: HistoryOwner | undefined;
  /** Whether the server may keep anything. `false` (Zero Data Retention) means `history: "client"`. Default: not sent. */
  readonly store?: boolean | undefined;
  /**
   * With `history: "conversation"`: the conversation of the first thread this model works on. Default: a new one for
   * each thread.
   */
  readonly conversation?: string | undefined;
  /** When the server no longer knows the thread: send it all once more (default), or `ServerStateLostError`. */
  readonly onStateLost?: "replay" | "error" | undefined;
}

/** What users may say about tracing, on the same classes. */
export interface TracingOptions {
  /**
   * Puts the items of each answer, as they came, on `ModelResponse.rawOutput` and so on the `model_complete` event:
   * for tracing. They hold everything the model said, thought and was told by its hosted tools; an event has none where
   * a hook rewrote the message. Default `false`.
   */
  readonly rawOutput?: boolean | undefined;
}

export interface ResponsesModelOptions extends HistoryOptions, TracingOptions {
  /** The provider's name in errors, events and provider state. */
  readonly provider: string;
  /** The model id, sent as it is. */
  readonly modelId: string;
  /** Makes the client, or hands out a shared one; asked once, at the first call. */
  readonly client: () => OpenAI | Promise<OpenAI>;
  /** Where the server's ids are valid, such as `{ baseURL, region, project }`; stored with each thread. */
  readonly scope: JsonObject | (() => JsonObject | Promise<JsonObject>);
  /** The family's quirks. Default: those of a plain OpenAI-compatible server. */
  readonly profile?: ChatProfile;
  /** What differs from the capabilities that follow from the profile. */
  readonly capabilities?: Partial<ModelCapabilities>;
  /** Translates what a call threw. Default: `toLocusError`. */
  readonly mapError?: ErrorMapper;
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** More of what the server can put into an answer, by its names on the wire. */
  readonly include?: readonly string[];
  /** What no error may hold, whatever it looks like: see `knownSecrets`. Default: nothing is known. */
  readonly secrets?: readonly string[];
  /** What answers depend on beside the model: where the server is. See `ChatModel.cacheIdentity`. */
  readonly cacheIdentity?: CacheIdentity;
  /** The longest silence between two pieces of an answer, in ms. Default: the runtime's own limit. */
  readonly idleTimeoutMs?: number;
}

const OWNERS: readonly unknown[] = ["response-id", "conversation", "client"];

/** Who keeps the history under these options. @throws ConfigurationError where they contradict each other. */
export function historyOwner(options: HistoryOptions): HistoryOwner {
  const { history, store, conversation, onStateLost } = options;
  if (history !== undefined && !OWNERS.includes(history)) {
    throw new ConfigurationError(
      `history is "${String(history)}"; expected "response-id", "conversation" or "client"`,
    );
  }
  if (onStateLost !== undefined && onStateLost !== "replay" && onStateLost !== "error") {
    throw new ConfigurationError(`onStateLost is "${String(onStateLost)}"; expected "replay" or "error"`);
  }
  if (store !== undefined && typeof store !== "boolean") {
    throw new ConfigurationError(`store is ${JSON.stringify(store)}; expected true or false`);
  }
  if (conversation !== undefined && (typeof conversation !== "string" || conversation.trim() === "")) {
    throw new ConfigurationError("conversation must be the id of a conversation");
  }
  if (conversation !== undefined && history !== "conversation") {
    throw new ConfigurationError(
      `a conversation id is given, but the history is kept by ${history === undefined ? '"response-id", the default' : `"${history}"`}`,
      {
        hint: 'Add history: "conversation", or leave the id out: a thread has exactly one owner of its history.',
      },
    );
  }
  if (store === false && history !== undefined && history !== "client") {
    throw new ConfigurationError(
      `store: false leaves the server nothing for history: "${history}" to go on from`,
      {
        hint: 'Leave `history` out, or say "client": with store: false the whole history is sent every time.',
      },
    );
  }
  return store === false ? "client" : (history ?? "response-id");
}

/** @throws ConfigurationError where tracing is asked for otherwise than by `true` or `false`. */
export function checkTracing({ rawOutput }: TracingOptions): void {
  if (rawOutput === undefined || typeof rawOutput === "boolean") return;
  throw new ConfigurationError(`rawOutput is ${JSON.stringify(rawOutput)}; expected true or false`);
}

/** @throws ConfigurationError where the scope is not an object. */
export function checkScope(scope: unknown): void {
  if (typeof scope === "function" || isRecord(scope)) return;
  throw new ConfigurationError("scope must be an object that names where the server's state is valid", {
    hint: "For example { baseURL, project }.",
  });
}
