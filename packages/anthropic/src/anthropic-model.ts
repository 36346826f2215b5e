/** Claude over the Messages API, by options or environment. */

import type { Anthropic } from "@anthropic-ai/sdk";
import {
  type ChatModel,
  type JsonObject,
  type JsonValue,
  type ModelCapabilities,
  type ModelRequest,
  type ModelResponse,
  type ModelStreamPart,
  retryingCall,
} from "@locus-sdk/core";
import { readBody, readText } from "./body.ts";
import { type ClientSettings, clientSettings } from "./client-settings.ts";
import { decodeMessageText } from "./decode.ts";
import { withEagerInput } from "./eager-input.ts";
import { encodeMessagesRequest } from "./encode.ts";
import { cancelled, type ErrorContext, requestIdOf, toLocusError } from "./errors.ts";
import { type ClaudeFamily, claudeFamily } from "./families.ts";
import { messageStream, type OpenedMessage } from "./message-stream.ts";
import { type AnthropicModelOptions, checkOptions } from "./model-options.ts";

export type { AnthropicModelOptions } from "./model-options.ts";

const DEFAULT_RETRIES = 2;

/**
 * A Claude model, direct. The `@anthropic-ai/sdk` package is loaded by the first call.
 *
 * A request that failed in a way that may pass is sent again, and told through `onRetry`; nothing is sent again once an
 * answer has begun, or where it may have. Thoughts are kept with their signatures and go back as they came.
 *
 * @throws ConfigurationError when there is no API key and the base URL is Anthropic's, or when the environment's is not for
 *   that host.
 * @example
 * ```ts
 * import { AnthropicModel } from "@locus-sdk/anthropic";
 *
 * const model = new AnthropicModel({ model: "claude-sonnet-5-5", apiKey: "…", promptCaching: true });
 * const { message } = await model.complete({ messages: [{ role: "user", content: "Hi" }] });
 * ```
 */
export class AnthropicModel implements ChatModel {
  readonly provider = "anthropic";
  readonly modelId: string;
  readonly family: ClaudeFamily;
  readonly capabilities: ModelCapabilities;
  readonly #settings: ClientSettings;
  readonly #maxRetries: number;
  readonly #promptCaching: boolean;
  readonly #eagerInput: boolean;
  readonly #secrets: readonly string[];
  /** The caller has named an API version, which is theirs to answer for. */
  readonly #choosesVersion: boolean;
  #client: Promise<Anthropic> | undefined;

  constructor(options: AnthropicModelOptions) {
    checkOptions(options);
    const { settings, secrets } = clientSettings(options, process.env);
    this.#settings = settings;
    this.#secrets = secrets;
    this.#maxRetries = options.maxRetries ?? DEFAULT_RETRIES;
    this.#promptCaching = options.promptCaching ?? false;
    this.#eagerInput = options.eagerInputStreaming ?? false;
    this.#choosesVersion = Object.keys(options.defaultHeaders ?? {}).some(
      (name) => name.toLowerCase() === "anthropic-version",
    );
    this.modelId = options.model;
    this.family = claudeFamily(options.model);
    this.capabilities = capabilitiesOf(this.family);
  }

  async complete(request: ModelRequest): Promise<ModelResponse> {
    const { signal } = request;
    if (signal?.aborted === true) throw cancelled(signal);
    // The client listens to the signal it is given for longer than the call takes: it is not given the caller's.
    const own = new AbortController();
    const onAbort = (): void => own.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const { response, context } = await this.#open(request, false, own.signal);
      return decodeMessageText(await readText(readBody(response, context, this.#settings.timeout)), context);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  stream(request: ModelRequest): AsyncIterable<ModelStreamPart> {
    return messageStream({
      open: (signal) => this.#open(request, true, signal),
      signal: request.signal,
      idleTimeoutMs: this.#settings.timeout,
    });
  }

  get cacheIdentity(): JsonValue {
    const url = URL.parse(this.#settings.baseURL ?? "");
    return {
      baseURL: url === null ? null : `${url.origin}${url.pathname}`,
      promptCaching: this.#promptCaching,
      eagerInputStreaming: this.#eagerInput,
    };
  }

  /** Lets the client go; the next call makes a new one. */
  close(): Promise<void> {
    this.#client = undefined;
    return Promise.resolve();
  }

  async #open(request: ModelRequest, stream: boolean, signal: AbortSignal): Promise<OpenedMessage> {
    const { modelId, family } = this;
    const context: ErrorContext = { modelId, secrets: this.#secrets, signal };
    const {
      body: encoded,
      warnings,
      answerTool,
      apiVersion,
    } = encodeMessagesRequest(request, {
      modelId,
      family,
      stream,
      promptCaching: this.#promptCaching,
    });
    const body = this.#eagerInput ? withEagerInput(encoded) : encoded;
    const response = await retryingCall(
      async () => {
        try {
          return await this.#send(body, apiVersion, signal);
        } catch (error) {
          throw toLocusError(error, context);
        }
      },
      { maxRetries: this.#maxRetries, signal, onRetry: request.onRetry },
    );
    const requestId = requestIdOf(response.headers);
    return {
      response,
      context: {
        ...context,
        warnings,
        ...(answerTool === undefined ? {} : { answerTool }),
        ...(requestId === undefined ? {} : { requestId }),
      },
    };
  }

  async #send(body: JsonObject, apiVersion: string | undefined, signal: AbortSignal): Promise<Response> {
    const client = await this.#connect();
    // Not `messages.create`, which prints that a model is old.
    return client
      .post("/v1/messages", {
        body,
        stream: body.stream === true,
        // The client's own retries off: it would not tell of them, and repeats what has timed out and may be paid.
        maxRetries: 0,
        timeout: this.#settings.timeout,
        signal,
        ...(apiVersion === undefined || this.#choosesVersion
          ? {}
          : { headers: { "anthropic-version": apiVersion } }),
      })
      .asResponse();
  }

  #connect(): Promise<Anthropic> {
    this.#client ??= import("@anthropic-ai/sdk")
      .then(({ Anthropic }) => new Anthropic(this.#settings))
      .catch((error: unknown) => {
        this.#client = undefined;
        throw error;
      });
    return this.#client;
  }
}

/** What a family can do. */
function capabilitiesOf(family: ClaudeFamily): ModelCapabilities {
  return {
    tools: true,
    parallelToolCalls: true,
    structuredOutput: "schema",
    vision: true,
    files: true,
    audio: false,
    reasoning: family.thinking !== "none",
    streaming: true,
    serverState: false,
    ...(family.contextWindow === undefined ? {} : { contextWindow: family.contextWindow }),
  };
}
